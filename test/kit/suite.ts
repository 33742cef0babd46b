/**
 * A suite that may have to be skipped. Node's runner counts neither a skipped `describe` nor the tests in it, so that its
 * summary would look as if nothing had been left out; a skipped test it counts, with the reason.
 */
import { describe, test } from 'node:test'

/** @example suite('behind httpd', needsPeer('httpd'), () => { test(…) }) */
export function suite(name: string, { skip }: { readonly skip: string | false }, body: () => void): void {
  if (skip === false) describe(name, body)
  else test(name, { skip })
}
