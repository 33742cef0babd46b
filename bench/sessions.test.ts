import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from './probe.ts'
import { type Count, parseCount } from './sessions.ts'

function answer(body: string, setCookie?: string, status = 200): Answer {
  return { status, headers: new Map(setCookie === undefined ? [] : [['set-cookie', setCookie]]), body, bytes: 0 }
}

const rows: [rule: string, answer: Answer, sent: string | undefined, expected: Count | undefined][] = [
  [
    'a new session: the id is in the cookie',
    answer('1 AB.worker1 worker1\n', 'JSESSIONID=AB.worker1; Path=/; HttpOnly'),
    undefined,
    { n: 1, session: 'AB.worker1', route: 'worker1' },
  ],
  [
    'a known session: the id that was sent stays',
    answer('7 AB worker2\n'),
    'AB.worker2',
    { n: 7, session: 'AB.worker2', route: 'worker2' },
  ],
  [
    'a moved session: the new id replaces the one that was sent',
    answer('3 AB.worker2 worker2\n', 'other=1, JSESSIONID=AB.worker2; Path=/'),
    'AB.worker1',
    { n: 3, session: 'AB.worker2', route: 'worker2' },
  ],
  ['no session at all', answer('1 AB worker1\n'), undefined, undefined],
  ['another page', answer('ok\n'), 'AB', undefined],
  ['an error that looks right', answer('1 AB worker1\n', undefined, 500), 'AB', undefined],
]
for (const [rule, given, sent, expected] of rows)
  test(`parseCount: ${rule}`, () => assert.deepEqual(parseCount(given, sent), expected))
