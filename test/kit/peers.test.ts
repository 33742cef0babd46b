import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { findCommand, skipUnless } from './peers.ts'

describe('peers', () => {
  const here = { path: '/usr/sbin/haproxy' }
  const absent = { missing: 'needs haproxy: no haproxy (Debian: apt-get install haproxy)' }
  const rows = [
    ['a peer that is there is used', [here], false, false],
    ['an absent peer skips the test and names the package', [here, absent], false, absent.missing],
    ['in CI an absent peer skips nothing, so that the test fails', [here, absent], true, false],
  ] as const
  for (const [rule, answers, ci, skip] of rows) {
    test(rule, () => assert.deepEqual(skipUnless(answers, ci), { skip }))
  }

  test('a command is looked for in PATH and in the system folders', () => {
    assert.match(findCommand('sh', '/nowhere') ?? '', /^\/.*bin\/sh$/)
    assert.equal(findCommand('no-such-program'), undefined)
  })
})
