/**
 * Rule extensions (mod_jk.md 3.4): what stands behind the worker of a mount, `;reply_timeout=60000;stopped=n1,n2`, as
 * options. One that is not known is passed over with a warning, as mod_jk does.
 */
import type { RuleExtensions } from '../balancer/rule-extensions.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Position } from './position.ts'
import { type OptionValue, readValue, type Setting } from './worker-values.ts'

type Kind = Parameters<typeof readValue>[0]['kind']
type Option = keyof RuleExtensions

const names = { is: 'names' } as const
const boolean = { is: 'boolean' } as const
const text = { is: 'text' } as const

/** By the name that people write. */
export const ruleExtensions: Readonly<Record<string, { readonly option: Option; readonly kind: Kind }>> = {
  reply_timeout: { option: 'replyTimeoutMs', kind: { is: 'integer' } },
  sticky_ignore: { option: 'stickyIgnore', kind: boolean },
  stateless: { option: 'stateless', kind: boolean },
  active: { option: 'active', kind: names },
  disabled: { option: 'disabled', kind: names },
  stopped: { option: 'stopped', kind: names },
  fail_on_status: { option: 'failOnStatus', kind: { is: 'statuses' } },
  use_server_errors: { option: 'useServerErrors', kind: { is: 'integer', min: 0 } },
  session_cookie: { option: 'sessionCookie', kind: text },
  session_path: { option: 'sessionPath', kind: text },
  set_session_cookie: { option: 'setSessionCookie', kind: boolean },
  session_cookie_path: { option: 'sessionCookiePath', kind: text },
}

/** Of a text given twice the first counts, of a number the last (mod_jk.md 3.4). */
const firstCounts: ReadonlySet<Kind['is']> = new Set(['names', 'text', 'statuses'])

/** Undefined when nothing is left that has an effect. */
export function readExtensions(
  written: string,
  { at, directive }: { readonly at: Position; readonly directive: string },
  complaints: Complaints,
): RuleExtensions | undefined {
  const values: Partial<Record<Option, OptionValue>> = {}
  for (const part of parts(written)) {
    const equals = part.indexOf('=')
    const name = (equals === -1 ? part : part.slice(0, equals)).trim()
    const value = equals === -1 ? '' : part.slice(equals + 1).trim()
    const known = Object.hasOwn(ruleExtensions, name) ? ruleExtensions[name] : undefined
    const complain = (message: string, hint?: () => string | undefined) =>
      complaints.add('CONFIG_MOUNT_EXTENSION', at, directive, message, hint)
    if (known === undefined) {
      complain(`the rule extension ${shown(name)} is not known`, () => didYouMean(name, Object.keys(ruleExtensions)))
      continue
    }
    if (value === '') {
      complain(`the rule extension ${shown(name)} has no value`)
      continue
    }
    const { option, kind } = known
    if (values[option] !== undefined) {
      const first = firstCounts.has(kind.is)
      complain(`the rule extension ${shown(name)} is given twice; the ${first ? 'first' : 'last'} one counts`)
      if (first) continue
    }
    const setting: Setting = { directive: `${directive} ${name}`, value, at }
    const read = readValue({ kind }, setting, complaints)
    // A negative time is the default of mod_jk: that of the worker.
    if (read !== undefined && !(option === 'replyTimeoutMs' && Number(read) < 0)) values[option] = read
  }
  // The kinds of the table are checked against the option types by a test.
  return Object.keys(values).length === 0 ? undefined : (values as RuleExtensions)
}

/** Split at `;`, but a `;` at the beginning of a session_path belongs to it. */
function parts(written: string): string[] {
  const found: string[] = []
  for (const part of written.split(';')) {
    const before = found.at(-1)
    if (before !== undefined && /^\s*session_path\s*=\s*$/.test(before)) found[found.length - 1] = `${before};${part}`
    else found.push(part)
  }
  return found.filter((part) => part.trim() !== '')
}
