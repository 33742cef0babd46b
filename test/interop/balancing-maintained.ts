/** mod_jk.md 4.6 and 4.10: what time does to members. With maintenance every second. */
import { until } from '../kit/until.ts'
import type { Scenario } from './balancing-scenario.ts'

export const MAINTAINED: readonly Scenario[] = [
  {
    rule: '10.1 no. 3: after recover_time one request tries the member again',
    members: { a: '', b: '' },
    lb: 'recover_time=6',
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
    lb: 'recover_time=20 error_escalation_time=6',
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
