/** The table of mod_jk.md 4.8, the rows that `balancing-failures.ts` has not: what n1 does, how often it is executed, what the client sees. */
import { until } from '../kit/until.ts'
import { POST, PUT, type Scenario } from './balancing-scenario.ts'

export const EXECUTIONS: readonly Scenario[] = [
  {
    rule: '4.8: refused: another member, whatever the method and recovery_options',
    members: { a: 'recovery_options=3', b: '' },
    play: async ({ ask, executions, backends }) => {
      await backends.a!.refuse()
      return [await ask({ of: 'a', ...POST }), executions()]
    },
    expected: ['b', '0/1'],
  },
  ...[
    { options: 9, method: 'HEAD', expected: ['200', '2/1'] },
    { options: 17, method: 'HEAD', expected: ['502', '1/0'] },
    { options: 25, method: 'HEAD', expected: ['200', '2/1'] },
    { options: 9, method: 'GET', expected: ['502', '1/0'] },
    { options: 3, method: 'PUT', expected: ['502', '1/0'] },
    { options: 2, method: 'GET', expected: ['200', '2/1'] },
  ].map(
    ({ options, method, expected }): Scenario => ({
      rule: `4.8: recovery_options ${options}, ${method}, closed before the head`,
      members: { a: `recovery_options=${options}`, b: '' },
      play: async ({ statusOf, executions, backends }) => {
        backends.a!.manner = 'closes'
        return [await statusOf({ of: 'a', method }), executions()]
      },
      expected,
    }),
  ),
  {
    rule: '4.8: all members close: 502, after all attempts',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      backends.b!.manner = 'closes'
      return [await ask(), executions()]
    },
    expected: ['502', '4/4'],
  },
  {
    rule: '4.8: breaks off within the answer: mod_jk appends the answers of the next attempts',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'breaks off'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['cut', '1/0'],
    modJk: ['a×160000 b', '2/1'],
    why: 'two answers in one are worse than none (10, quirk 7)',
  },
  {
    rule: '4.8: breaks off within the answer, recovery_options 2: mod_jk appends its page of errors, and all looks whole',
    members: { a: 'recovery_options=2', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'breaks off'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['cut', '1/0'],
    modJk: ['a×80000 <!DOCTYPE', '1/0'],
    why: 'the client must see that something is missing (10, quirk 30)',
  },
  {
    rule: '4.8: hangs, recovery_options 1: 504, executed once',
    members: { a: 'reply_timeout=1500 recovery_options=1', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'hangs'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['504', '1/0'],
  },
  ...(
    [
      ['hangs', { a: 'reply_timeout=1500', b: '' }, '504'],
      ['answers a code of fail_on_status', { a: 'fail_on_status=500', b: '' }, '503'],
    ] as const
  ).map(
    ([what, members, status]): Scenario => ({
      rule: `4.8: ${what}, with POST: mod_jk executes it three times`,
      members,
      play: async ({ ask, executions, backends }) => {
        backends.a!.manner = what === 'hangs' ? 'hangs' : 500
        return [await ask({ of: 'a', ...POST }), executions()]
      },
      expected: [status, '1/0'],
      modJk: ['b', '2/1'],
      why: 'an order must not be placed twice (10, quirk 6); `allow_replay` does as mod_jk',
    }),
  ),
  {
    rule: '4.8: reads all of a long body, then answers a code of fail_on_status: the body is gone',
    members: { a: 'fail_on_status=500', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'reads all and fails'
      return [await ask({ of: 'a', body: 'x'.repeat(300_000), ...PUT }), executions()]
    },
    expected: ['503', '1/0'],
  },
  {
    rule: '4.8: a message that nobody knows: another member; the member is in error',
    members: { a: '', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 'says what nobody knows'
      return [await ask({ of: 'a' }), executions(), await all('state'), await all('errors')]
    },
    expected: ['b', '2/1', 'ERR OK', '1 0'],
  },
  {
    rule: '4.8: an answer that ends without reuse: a new connection for each request; else one for all',
    members: { a: '', b: '' },
    play: async ({ askTimes, backends }) => {
      backends.a!.manner = 'answers and closes'
      return [
        await askTimes(3, { of: 'a' }),
        await askTimes(3, { of: 'b' }),
        `${backends.a!.connections}/${backends.b!.connections}`,
      ]
    },
    expected: ['aaa', 'bbb', '3/1'],
  },
  {
    rule: '5.1: an idle connection that the backend has closed is replaced, without an error or another attempt',
    members: { a: '', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      const before = await ask({ of: 'a' })
      backends.a!.disconnect()
      return [before, await ask({ of: 'a' }), executions(), await all('errors'), String(backends.a!.connections)]
    },
    expected: ['a', 'a', '2/0', '0 0', '2'],
  },
  {
    rule: '5.2: no CPong on a new connection: another member, and nothing was executed',
    members: { a: 'connect_timeout=1500', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.isDeafToPings = true
      return [await ask({ of: 'a' }), executions(), await all('state')]
    },
    expected: ['b', '0/1', 'ERR OK'],
  },
  {
    rule: '5.2: no CPong on a pooled connection, nor on a new one: another member',
    members: { a: 'prepost_timeout=1500', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      const before = await ask({ of: 'a' })
      backends.a!.isDeafToPings = true
      return [before, await ask({ of: 'a' }), executions(), await all('state')]
    },
    expected: ['a', 'b', '1/1', 'ERR OK'],
  },
  {
    rule: '4.7: all members are stopped: 503',
    members: { a: 'activation=s', b: 'activation=s' },
    play: async ({ ask, all }) => [await ask(), await all('errors')],
    expected: ['503', '0 0'],
  },
  {
    rule: '4.7: retries=1 everywhere: each member once',
    members: { a: 'retries=1', b: 'retries=1' },
    lb: 'retries=1',
    play: async ({ ask, all, backends }) => {
      await backends.a!.refuse()
      await backends.b!.refuse()
      return [await ask(), await all('errors'), await ask(), await all('errors')]
    },
    expected: ['503', '1 1', '503', '2 2'],
  },
  {
    rule: '4.7: error_escalation_time 0: in error at once, whoever else is in flight',
    members: { a: '', b: '' },
    lb: 'error_escalation_time=0',
    play: async ({ ask, shown, backends }) => {
      backends.b!.manner = 'holds'
      const older = ask({ of: 'b' })
      await until('it is held', () => backends.b!.executions === 1)
      await backends.b!.refuse()
      const failed = [await ask({ of: 'b' }), await shown('b', 'state')]
      backends.b!.release()
      return [...failed, await older, await shown('b', 'state')]
    },
    expected: ['a', 'ERR', 'b', 'OK'],
  },
  {
    rule: '4.8: an error without a body is passed on as it is (10, quirk 31)',
    members: { a: '' },
    play: async ({ get, backends }) => {
      backends.a!.manner = 'answers 404 and no more'
      const { status, headers, text } = await get('/LB/')
      return [String(status), String(headers['content-length']), text]
    },
    expected: ['404', '0', ''],
  },
]
