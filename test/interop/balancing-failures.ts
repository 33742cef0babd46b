/** mod_jk.md 4.6 to 4.8 and 5: what a request does when its member fails, and what is left of it. */
import { until } from '../kit/until.ts'
import { PUT, type Scenario } from './balancing-scenario.ts'

export const FAILURES: readonly Scenario[] = [
  {
    rule: '10.1 no. 3: a member that refuses is in error at once, and another serves',
    members: { a: '', b: '' },
    play: async ({ ask, askTimes, shown, all, backends }) => {
      await backends.b!.refuse()
      return [await ask({ of: 'b' }), await shown('b', 'state'), await all('errors'), await askTimes(2, { of: 'b' })]
    },
    expected: ['a', 'ERR', '0 1', 'aa'],
  },
  {
    rule: '10.1 no. 5: all members down: each request tries them again and gets 503 after its pauses',
    members: { a: '', b: '' },
    play: async ({ ask, all, backends }) => {
      await backends.a!.refuse()
      await backends.b!.refuse()
      const began = performance.now()
      const first = await ask()
      const tookMs = performance.now() - began
      return [first, `took 400 ms: ${tookMs >= 395}`, await all('errors'), await ask(), await all('errors')]
    },
    expected: ['503', 'took 400 ms: true', '2 2', '503', '3 3'],
  },
  {
    rule: '10.1 no. 6: reply_timeout: executed twice there, then once elsewhere; the slow member is in error',
    members: { a: 'reply_timeout=1500', b: '' },
    play: async ({ ask, executions, shown, backends }) => {
      backends.a!.manner = 'hangs'
      return [await ask({ of: 'a' }), executions(), await shown('a', 'state'), await shown('a', 'reply_timeouts')]
    },
    expected: ['b', '2/1', 'ERR', '2'],
  },
  {
    rule: '10.1 no. 6: with max_reply_timeouts it stays in until there are more',
    members: { a: 'reply_timeout=1500', b: '' },
    lb: 'max_reply_timeouts=5',
    play: async ({ ask, shown, backends }) => {
      backends.a!.manner = 'hangs'
      const states: string[] = []
      for (let i = 0; i < 3; i++) {
        await ask({ of: 'a' })
        states.push(await shown('a', 'state'))
      }
      return states
    },
    expected: ['OK', 'OK', 'ERR'],
  },
  {
    rule: '10.1 no. 7: a body that the member has asked for once is sent again, on both members',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      return [await ask({ of: 'a', body: 'x'.repeat(5_000), ...PUT }), executions()]
    },
    expected: ['b', '2/1'],
  },
  {
    rule: '10.1 no. 7: a body of which the member has asked for more is not',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'asks and closes'
      return [await ask({ of: 'a', body: 'x'.repeat(300_000), ...PUT }), executions()]
    },
    expected: ['502', '1/0'],
  },
  {
    rule: '10.1 no. 7 with POST: mod_jk executes it three times',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      return [await ask({ of: 'a', body: 'x'.repeat(5_000), method: 'POST' }), executions()]
    },
    expected: ['502', '1/0'],
    modJk: ['b', '2/1'],
    why: 'an order must not be placed twice; `allow_replay` does as mod_jk',
  },
  {
    rule: '10.1 no. 10: fail_on_status=-404: another member; 503 when all answer so; nobody is in error',
    members: { a: 'fail_on_status=-404', b: 'fail_on_status=-404' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 404
      const first = [await ask({ of: 'a' }), executions()]
      backends.b!.manner = 404
      return [...first, await ask(), executions(), await all('state'), await all('errors')]
    },
    expected: ['b', '2/1', '503', '6/5', 'OK OK', '0 0'],
  },
  {
    rule: '4.8: fail_on_status: the member is in error, another answers',
    members: { a: 'fail_on_status=500', b: 'fail_on_status=500' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 500
      return [await ask({ of: 'a' }), executions(), await all('state'), await all('errors')]
    },
    expected: ['b', '2/1', 'ERR OK', '1 0'],
  },
  {
    rule: '4.7: busy_limit: the member is busy, another answers; well again with the next request',
    members: { a: 'busy_limit=1', b: '' },
    play: async ({ ask, shown, backends }) => {
      backends.a!.manner = 'holds'
      const held = ask({ of: 'a' })
      await until('it is held', () => backends.a!.executions === 1)
      const other = await ask({ of: 'a' })
      const state = await shown('a', 'state')
      backends.a!.release()
      backends.a!.manner = 'answers'
      return [other, state, await held, await ask({ of: 'a' }), await shown('a', 'state')]
    },
    expected: ['b', 'OK/BUSY', 'a', 'a', 'OK'],
  },
  {
    rule: '4.6: sticky_session_force: forced recovery tries the failed member again, and no other',
    members: { a: '', b: '' },
    lb: 'sticky_session_force=true',
    play: async ({ ask, all, backends }) => {
      await backends.b!.refuse()
      return [await ask({ of: 'b' }), await all('errors'), await ask({ of: 'b' }), await all('errors')]
    },
    expected: ['503', '0 2', '503', '0 3'],
  },
  {
    rule: '5.1: no connection to be had: the member is busy, another answers',
    members: { a: 'connection_pool_size=1', b: '' },
    play: async ({ ask, shown, all, backends }) => {
      backends.a!.manner = 'holds'
      const held = ask({ of: 'a' })
      await until('it is held', () => backends.a!.executions === 1)
      const other = [await ask({ of: 'a' }), await shown('a', 'state'), await all('errors')]
      backends.a!.release()
      return [...other, await held, await shown('a', 'state')]
    },
    expected: ['b', 'OK/BUSY', '0 0', 'a', 'OK'],
  },
  {
    rule: '5.2: socket_timeout: a silence is a broken connection, and no reply timeout',
    members: { a: 'socket_timeout=1', b: '' },
    lb: 'max_reply_timeouts=9',
    play: async ({ ask, executions, shown, backends }) => {
      backends.a!.manner = 'hangs'
      return [await ask({ of: 'a' }), executions(), await shown('a', 'state'), await shown('a', 'reply_timeouts')]
    },
    expected: ['b', '2/1', 'ERR', '0'],
  },
  {
    rule: '4.8: all members hang: 504, after all attempts',
    members: { a: 'reply_timeout=1500', b: 'reply_timeout=1500' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 'hangs'
      backends.b!.manner = 'hangs'
      return [await ask({ of: 'a' }), executions(), await all('reply_timeouts')]
    },
    // Those of the first round: whoever is tried for want of a better one begins anew.
    expected: ['504', '4/4', '2 2'],
  },
  {
    rule: '4.8: garbled packets: another member; the state stays',
    members: { a: '', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 'garbles'
      const first = [await ask({ of: 'a' }), executions(), await all('state'), await all('errors')]
      backends.b!.manner = 'garbles'
      return [...first, await ask()]
    },
    expected: ['b', '2/1', 'OK OK', '0 0', '502'],
  },
  {
    rule: '4.8: messages in the wrong place: another member; the member is in error',
    members: { a: '', b: '' },
    play: async ({ ask, executions, all, backends }) => {
      backends.a!.manner = 'forgets the head'
      return [await ask({ of: 'a' }), executions(), await all('state'), await all('errors')]
    },
    expected: ['b', '2/1', 'ERR OK', '1 0'],
  },
  {
    rule: '4.8: messages in the wrong place from all members',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'forgets the head'
      backends.b!.manner = 'forgets the head'
      return [await ask(), executions()]
    },
    expected: ['502', '4/4'],
    modJk: ['500', '4/4'],
    why: 'no answer is not an answer, whatever is wrong with it',
  },
  {
    rule: '4.8: the end of an answer without its head',
    members: { a: '', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'only ends'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['b', '2/1'],
    modJk: ['', '1/0'],
    why: 'mod_jk makes it an empty 200',
  },
  {
    rule: '4.8: recovery_options 1: a request that was sent is not sent again',
    members: { a: 'recovery_options=1', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['502', '1/0'],
  },
  {
    rule: '4.8: recovery_options 17: a GET is, in spite of that',
    members: { a: 'recovery_options=17', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['b', '2/1'],
  },
  {
    rule: '4.8: recovery_options 25: mod_jk then protects GET no longer',
    members: { a: 'recovery_options=25', b: '' },
    play: async ({ ask, executions, backends }) => {
      backends.a!.manner = 'closes'
      return [await ask({ of: 'a' }), executions()]
    },
    expected: ['b', '2/1'],
    modJk: ['502', '1/0'],
    why: 'both bits, as documented (10, quirk 8)',
  },
  {
    rule: '10, quirk 14: the route that the member behind a failover is told',
    members: { a: '', b: '' },
    play: async ({ ask, shown, backends }) => {
      backends.a!.manner = 'closes'
      const member = await ask({ of: 'a' })
      return [member, backends.b!.route === (await shown('b', 'route')) ? 'its own' : 'another']
    },
    expected: ['b', 'its own'],
    modJk: ['b', 'another'],
    why: 'it is the route of the member that serves',
  },
  {
    rule: '4.7: retries of the lb: a third member is reached in the second round',
    members: { a: 'retries=1', b: 'retries=1', c: '' },
    play: async ({ ask, executions, backends }) => {
      await backends.a!.refuse()
      await backends.b!.refuse()
      return [await ask(), executions()]
    },
    expected: ['c', '0/0/1'],
  },
  {
    rule: '4.6: a member that was forced and that nobody has chosen stays so, while another is well',
    members: { a: '', b: '' },
    play: async ({ ask, all, backends }) => {
      await backends.a!.refuse()
      await backends.b!.refuse()
      const before = [await ask(), await all('state')]
      await backends.a!.listen()
      return [...before, await ask(), await all('state')]
    },
    expected: ['503', 'ERR ERR', 'a', 'OK ERR/FRC'],
  },
]
