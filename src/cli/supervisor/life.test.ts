import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BORN, type Effect, type Life, type LifeEvent, next, type Phase } from './life.ts'

const READY: LifeEvent = { type: 'ready' }
const EXIT: LifeEvent = { type: 'exit', ranMs: 50, random: 0 }
const RESTED: LifeEvent = { type: 'rested' }
const STOP: LifeEvent = { type: 'stop' }

function life(phase: Phase, failures = 0, hasServed = true): Life {
  return { phase, hasServed, failures }
}

const TABLE: { rule: string; from: Life; event: LifeEvent; to: Life; effect: Effect }[] = [
  {
    rule: 'the first ready line makes it serve',
    from: BORN,
    event: READY,
    to: life('serving'),
    effect: { do: 'announce' },
  },
  {
    rule: 'an end before it ever served is final',
    from: BORN,
    event: EXIT,
    to: life('ended', 0, false),
    effect: { do: 'give-up' },
  },
  {
    rule: 'an end while serving is followed by a rest',
    from: life('serving'),
    event: EXIT,
    to: life('resting', 1),
    effect: { do: 'rest', ms: 100 },
  },
  {
    rule: 'an end during a restart is followed by a longer rest',
    from: life('starting', 1),
    event: EXIT,
    to: life('resting', 2),
    effect: { do: 'rest', ms: 200 },
  },
  {
    rule: 'after the rest it is spawned again',
    from: life('resting', 2),
    event: RESTED,
    to: life('starting', 2),
    effect: { do: 'spawn' },
  },
  {
    rule: 'a ready line after a restart keeps the failures until the run was stable',
    from: life('starting', 2),
    event: READY,
    to: life('serving', 2),
    effect: { do: 'announce' },
  },
  {
    rule: 'stop terminates a serving process',
    from: life('serving'),
    event: STOP,
    to: life('stopping'),
    effect: { do: 'terminate' },
  },
  {
    rule: 'stop terminates a starting process',
    from: BORN,
    event: STOP,
    to: life('stopping', 0, false),
    effect: { do: 'terminate' },
  },
  {
    rule: 'stop during a rest has nothing to wait for',
    from: life('resting', 3),
    event: STOP,
    to: life('ended', 3),
    effect: { do: 'finish' },
  },
  {
    rule: 'the end after a stop is the end',
    from: life('stopping'),
    event: EXIT,
    to: life('ended'),
    effect: { do: 'finish' },
  },
]

describe('life of a supervised process', () => {
  for (const { rule, from, event, to, effect } of TABLE)
    it(rule, () => assert.deepEqual(next(from, event), { life: to, effect }))

  const IGNORED: [Phase, LifeEvent][] = [
    ['serving', READY],
    ['serving', RESTED],
    ['resting', READY],
    ['resting', EXIT],
    ['stopping', READY],
    ['stopping', RESTED],
    ['stopping', STOP],
    ['ended', READY],
    ['ended', EXIT],
    ['ended', RESTED],
    ['ended', STOP],
  ]
  for (const [phase, event] of IGNORED)
    it(`${event.type} changes nothing while ${phase}`, () => {
      const before = life(phase, 4)
      assert.deepEqual(next(before, event), { life: before, effect: { do: 'nothing' } })
    })
})
