/** mod_jk.md 4.9: in which order members are chosen, what their values are then, and what edits do to them (7.3, 7.4). */
import { until } from '../kit/until.ts'
import type { Scenario } from './balancing-scenario.ts'
import type { Scene } from './balancing-stage.ts'

export const ACCOUNTING: readonly Scenario[] = [
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
    rule: '4.9: another activation makes all values 0',
    members: { a: '', b: '', c: '' },
    play: async ({ askTimes, all, update }) => [
      await askTimes(4),
      await all('lbvalue'),
      await update('vwa=1', 'c'),
      await all('lbvalue'),
      await askTimes(4),
    ],
    expected: ['abca', '2 1 1', 'OK', '0 0 0', 'baba'],
  },
  {
    rule: '4.9: a member that is to be tried again begins with the largest value; reset makes everything 0',
    members: { a: '', b: '' },
    play: async ({ ask, askTimes, all, change, backends }) => {
      await backends.b!.refuse()
      const failed = [await ask({ of: 'b' }), await askTimes(3), await all('state'), await all('lbvalue')]
      const recovered = [await change('recover', 'b'), await all('state'), await all('lbvalue')]
      const reset = [await change('reset'), await all('state'), await all('lbvalue'), await all('errors')]
      return [...failed, ...recovered, ...reset]
    },
    expected: ['a', 'aaa', 'OK ERR', '4 1', 'OK', 'OK ERR/REC', '4 4', 'OK', 'OK/IDLE OK/IDLE', '0 0', '0 0'],
  },
  {
    rule: '4.9, 7.6: bytes from the member count with all of their protocol; requests with and without a session',
    members: { a: '', b: '' },
    play: async ({ ask, askTimes, all }) => [
      await askTimes(2, { of: 'a' }),
      await ask(),
      await all('read'),
      await all('elected'),
      await all('sessions'),
      await all('busy'),
      await all('max_busy'),
      await all('connected'),
    ],
    expected: ['aa', 'b', '72 36', '2 1', '0 1', '0 0', '1 1', '1 1'],
  },
]
