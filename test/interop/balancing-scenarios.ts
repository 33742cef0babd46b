/**
 * The acceptance scenarios of mod_jk.md 10.1, and the tables of 4.8 and 4.9 where they are a matter of order: what is set
 * up, what is done, and what can be seen. Times are scaled down. Where clowder differs on purpose, `modJk` is what 1.2.48
 * does, and `why` says why (docs/reference/differences.md).
 */
import { until } from '../kit/until.ts'
import type { Scene } from './balancing-stage.ts'

export interface Scenario {
  readonly rule: string
  /** Settings of each member by its letter, blanks between them; `(b)` is the name of member b. */
  readonly members: Readonly<Record<string, string>>
  readonly lb?: string
  /** Of the mount. */
  readonly extensions?: string
  readonly play: (scene: Scene) => Promise<readonly string[]>
  readonly expected: readonly string[]
  readonly modJk?: readonly string[]
  readonly why?: string
}

const PUT = { method: 'PUT' }

/** Nothing in them waits for maintenance; it is far away. */
export const ORDERLY: readonly Scenario[] = [
  {
    rule: '10.1 no. 1: method R, lbfactor 1:3 is exactly 1:3, from the first request on',
    members: { a: 'lbfactor=1', b: 'lbfactor=3' },
    play: async ({ askTimes, all }) => [await askTimes(16), await all('lbvalue'), await all('lbmult')],
    expected: ['abbbabbbabbbabbb', '12 12', '3 1'],
  },
  ...(['R', 'S', 'N'] as const).map((method) => ({
    rule: `4.9: method ${method} without sessions, lbfactor 2:3:1`,
    members: { a: 'lbfactor=2', b: 'lbfactor=3', c: 'lbfactor=1' },
    lb: `method=${method}`,
    play: async ({ askTimes, all }: Scene) => [await askTimes(24), await all('lbvalue'), await all('sessions')],
    expected: ['abcbabcabbabcabbabcabbab', '24 24 24', '8 12 4'],
  })),
  {
    rule: '4.9: method S counts new sessions alone: neither sticky requests nor ids of unknown routes',
    members: { a: 'lbfactor=1', b: 'lbfactor=1', c: 'lbfactor=1' },
    lb: 'method=S',
    play: async ({ askTimes, all }) => [
      await askTimes(5, { of: 'c' }),
      await askTimes(6, { cookie: 'JSESSIONID=x.nobody' }),
      await all('lbvalue'),
      await all('sessions'),
    ],
    expected: ['ccccc', 'abcabc', '0 0 0', '0 0 0'],
  },
  {
    rule: '4.9: method T, lbfactor 1:3, answers of the same size',
    members: { a: 'lbfactor=1', b: 'lbfactor=3' },
    lb: 'method=T',
    play: async ({ askTimes, all }) => [await askTimes(12), String(new Set((await all('lbvalue')).split(' ')).size)],
    expected: ['abbbabbbabbb', '1'],
  },
  {
    rule: '4.9: method B, idle: in turn',
    members: { a: 'lbfactor=1', b: 'lbfactor=3', c: 'lbfactor=1' },
    lb: 'method=B',
    play: async ({ askTimes, all }) => [await askTimes(9), await all('lbvalue')],
    expected: ['abcabcabc', '0 0 0'],
  },
  {
    rule: '4.9: method B, six requests held: as many in flight as the weight says',
    members: { a: 'lbfactor=1', b: 'lbfactor=3', c: 'lbfactor=1' },
    lb: 'method=B',
    play: async ({ ask, all, backends }) => {
      let order = ''
      const answers: Promise<string>[] = []
      for (const backend of Object.values(backends)) backend.manner = 'holds'
      for (let i = 0; i < 6; i++) {
        const before = Object.values(backends).map(({ executions }) => executions)
        answers.push(ask())
        const taker = await until('it has a member', () =>
          Object.values(backends).find(({ executions }, at) => executions > before[at]!),
        )
        order += taker.name
      }
      const held = await all('lbvalue')
      for (const backend of Object.values(backends)) backend.release()
      await Promise.all(answers)
      return [order, held, await all('lbvalue')]
    },
    expected: ['abcbbc', '3 3 6', '0 0 0'],
  },
  {
    rule: '4.9: a stateless rule goes round, whatever the weights, and counts no sessions',
    members: { a: 'lbfactor=5', b: 'lbfactor=1', c: 'lbfactor=1' },
    extensions: ';stateless=1',
    play: async ({ askTimes, all }) => [await askTimes(9), await all('sessions')],
    expected: ['abcabcabc', '0 0 0'],
  },
  {
    rule: '4.9: the nearest members first; the far one when they are stopped',
    members: { a: 'distance=1', b: 'distance=0', c: 'distance=0' },
    play: async ({ askTimes, update }) => [
      await askTimes(4),
      await update('vwa=2', 'b'),
      await update('vwa=2', 'c'),
      await askTimes(2),
    ],
    expected: ['bcbc', 'OK', 'OK', 'aa'],
  },
  {
    rule: '10.1 no. 2: sticky; stopped: another; with a redirect: the one it names, though disabled',
    members: { a: '', b: '', c: 'activation=d' },
    play: async ({ askTimes, update, all, shown }) => [
      await askTimes(4, { of: 'b' }),
      await update('vwa=2', 'b'),
      await askTimes(2, { of: 'b' }),
      await update(`vwr=${(await shown('c', 'route')) ?? ''}`, 'b'),
      await askTimes(2, { of: 'b' }),
      await all('errors'),
    ],
    expected: ['bbbb', 'OK', 'aa', 'OK', 'cc', '0 0 0'],
  },
  {
    rule: '4.5: the domain of a route leads to its other members, never to a disabled one',
    members: { a: 'domain=east', b: 'domain=west activation=d', c: 'domain=west', d: 'domain=west' },
    play: async ({ askTimes, ask, update }) => [
      await askTimes(4, { cookie: 'JSESSIONID=x.west.gone' }),
      await update('vwa=2', 'c'),
      await ask({ of: 'c' }),
      await ask({ cookie: 'JSESSIONID=x.east' }),
    ],
    expected: ['cdcd', 'OK', 'd', 'a'],
  },
  {
    rule: '4.5: sticky_session_force: unknown route 503, no route 503, a disabled member serves, a stopped one 503',
    members: { a: '', b: 'activation=d', c: 'activation=s redirect=(a)' },
    lb: 'sticky_session_force=true',
    play: async ({ ask }) => [
      await ask({ cookie: 'JSESSIONID=x.nobody' }),
      await ask({ cookie: 'JSESSIONID=x' }),
      await ask({ of: 'b' }),
      await ask({ of: 'c' }),
      await ask(),
    ],
    expected: ['503', '503', 'b', '503', 'a'],
  },
  {
    rule: '4.2: of several cookies the first with a known route counts',
    members: { a: '', b: '' },
    play: async ({ askTimes }) => [
      await askTimes(3, { cookie: 'JSESSIONID=1.nobody; JSESSIONID=2; JSESSIONID=3.(b)' }),
    ],
    expected: ['bbb'],
  },
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
    members: { a: 'reply_timeout=200', b: '' },
    play: async ({ ask, executions, shown, backends }) => {
      backends.a!.manner = 'hangs'
      return [await ask({ of: 'a' }), executions(), await shown('a', 'state'), await shown('a', 'reply_timeouts')]
    },
    expected: ['b', '2/1', 'ERR', '2'],
  },
  {
    rule: '10.1 no. 6: with max_reply_timeouts it stays in until there are more',
    members: { a: 'reply_timeout=200', b: '' },
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
    rule: '10.1 no. 8: whatever is mapped as a path is guarded as that path',
    members: { a: '' },
    play: async ({ get }) => {
      const paths = ['/guarded', '/guarded;x', '//guarded', '/a/..;/guarded', '/%67uarded', '/LB/..;/guarded', '/..;/x']
      const statuses: string[] = []
      for (const path of paths) statuses.push(String((await get(path)).status))
      return statuses
    },
    expected: ['403', '403', '403', '403', '403', '403', '400'],
  },
  {
    rule: '10.1 no. 9: an update of all members by a pattern; the answer to who may not is 200',
    members: { a: '', b: '' },
    play: async ({ update, all, get }) => {
      const denied = await get('/users?cmd=list&mime=txt')
      return [
        await update('sw=LB*&vwa=d'),
        await all('activation'),
        `${denied.status} ${denied.text.includes('Access denied')}`,
      ]
    },
    expected: ['OK', 'DIS DIS', '200 true'],
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
    members: { a: 'reply_timeout=100', b: 'reply_timeout=100' },
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
    rule: '4.3: set_session_cookie: a cookie of the member that answers, unless the session has led there',
    members: { a: '', b: '' },
    lb: 'set_session_cookie=true',
    play: async ({ get, shown, backends }) => {
      const letters = new Map([
        [await shown('a', 'route'), 'a'],
        [await shown('b', 'route'), 'b'],
      ])
      const cookies = async (cookie = '') => {
        const { headers, text } = await get('/LB/', cookie === '' ? {} : { cookie })
        const lines = (headers['set-cookie'] as string[] | undefined) ?? []
        return [text, ...lines.map((line) => line.replace(/lb\d+./, (route) => `(${letters.get(route)})`))].join(' ')
      }
      const free = [await cookies(), await cookies('JSESSIONID=x.nobody'), await cookies('JSESSIONID=x.(b)')]
      backends.a!.manner = 'closes'
      return [...free, await cookies('JSESSIONID=x.(a)')]
    },
    expected: [
      'a JSESSIONID=.(a);PATH=/;HttpOnly',
      'b JSESSIONID=.(b);PATH=/;HttpOnly',
      'b',
      'b JSESSIONID=.(b);PATH=/;HttpOnly',
    ],
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
]

/** With maintenance every second. */
export const MAINTAINED: readonly Scenario[] = [
  {
    rule: '10.1 no. 3: after recover_time one request tries the member again',
    members: { a: '', b: '' },
    lb: 'recover_time=2',
    play: async ({ ask, becomes, shown, backends }) => {
      await backends.b!.refuse()
      const failed = await ask({ of: 'b' })
      await backends.b!.listen()
      const early = await ask({ of: 'b' })
      const recovering = await becomes('b', 'state', 'ERR/REC')
      backends.b!.manner = 'holds'
      const probe = ask({ of: 'b' })
      await until('it is being tried', () => backends.b!.executions === 1)
      const probing = await shown('b', 'state')
      const meanwhile = await ask({ of: 'b' })
      backends.b!.release()
      return [failed, early, recovering, probing, meanwhile, await probe, await shown('b', 'state')]
    },
    expected: ['a', 'a', 'ERR/REC', 'ERR/PRB', 'a', 'b', 'OK'],
  },
  {
    rule: '10.1 no. 4: an error while another request is in flight stays local until it is old enough',
    members: { a: '', b: '' },
    lb: 'recover_time=10 error_escalation_time=2',
    play: async ({ ask, becomes, shown, backends }) => {
      backends.b!.manner = 'holds'
      const older = ask({ of: 'b' })
      await until('it is held', () => backends.b!.executions === 1)
      await backends.b!.refuse()
      const failed = await ask({ of: 'b' })
      const local = [await shown('b', 'state'), await shown('b', 'errors')]
      const escalated = await becomes('b', 'state', 'ERR')
      backends.b!.release()
      return [failed, ...local, escalated, await older, await shown('b', 'state')]
    },
    expected: ['a', 'OK', '1', 'ERR', 'b', 'OK'],
  },
  {
    rule: '4.10: when all members are in error, maintenance lets them be tried',
    members: { a: '', b: '' },
    play: async ({ ask, becomes, backends }) => {
      await backends.a!.refuse()
      await backends.b!.refuse()
      return [await ask(), await becomes('a', 'state', 'ERR/FRC'), await becomes('b', 'state', 'ERR/FRC')]
    },
    expected: ['503', 'ERR/FRC', 'ERR/FRC'],
  },
  {
    rule: '4.10: values of method R halve at each maintenance; who is not used is idle',
    members: { a: '', b: '' },
    play: async ({ askTimes, becomes }) => [
      await askTimes(4),
      await becomes('a', 'lbvalue', '0'),
      await becomes('b', 'state', 'OK/IDLE'),
    ],
    expected: ['abab', '0', 'OK/IDLE'],
  },
  {
    rule: '4.10: method N takes off what all have in common, and keeps the rest',
    members: { a: '', b: '' },
    lb: 'method=N',
    play: async ({ ask, askTimes, becomes }) => [
      await ask(),
      await becomes('a', 'lbvalue', '1'),
      await askTimes(3),
      await becomes('a', 'lbvalue', '0'),
    ],
    expected: ['a', '1', 'bab', '0'],
  },
]
