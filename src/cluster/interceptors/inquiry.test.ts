import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import { testMember } from '../testing/fixture.ts'
import type { ProbeOutcome } from '../transport/transport.ts'
import { Inquiry } from './inquiry.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** An inquiry of a second whose probes a test answers by hand. */
function setup() {
  const clock = new FakeClock()
  const probes: { timeoutMs: number; answer: (outcome: ProbeOutcome) => void }[] = []
  const verdicts: string[] = []
  const transport = {
    probe: (_to: unknown, _frame: Buffer, timeoutMs: number) => {
      return new Promise<ProbeOutcome>((answer) => probes.push({ timeoutMs, answer }))
    },
  }
  const options = { clock, transport, frame: () => Buffer.alloc(0), limitMs: 1000 }
  const inquiry = new Inquiry(testMember(2), options, (verdict) => verdicts.push(verdict))
  const answer = async (...outcomes: ProbeOutcome[]) => {
    for (const outcome of outcomes) probes.shift()?.answer(outcome)
    await turn()
  }
  return { clock, probes, verdicts, inquiry, answer }
}

describe('an inquiry', () => {
  const rows: [rule: string, outcomes: ProbeOutcome[], verdicts: string[]][] = [
    ['ends with the first that gets through', ['silent', 'alive', 'dead'], ['alive']],
    ['ends with the first refusal', ['dead', 'alive'], ['dead']],
    ['goes on while probes are silent', ['silent', 'silent', 'silent', 'silent'], []],
    ['finds nobody when all five are', ['silent', 'silent', 'silent', 'silent', 'silent'], ['dead']],
    ['says nothing of others when this node cannot ask', ['silent', 'unknown'], ['wait']],
  ]
  for (const [rule, outcomes, verdicts] of rows) {
    test(rule, async () => {
      const lab = setup()
      lab.clock.advance(1000)
      await lab.answer(...outcomes)
      assert.deepEqual(lab.verdicts, verdicts)
    })
  }

  test('starts its probes one after the other, and lets all end together', () => {
    const { clock, probes } = setup()
    assert.equal(probes.length, 1)
    for (let others = 0; others < 10; others++) clock.advance(200)
    assert.deepEqual(
      probes.map(({ timeoutMs }) => timeoutMs),
      [1000, 800, 600, 400, 200],
    )
  })

  test('gives its last probes their share of time, however late this node is', () => {
    const { clock, probes } = setup()
    const monotonic = clock.monotonic.bind(clock)
    clock.monotonic = () => monotonic() + 60_000
    clock.advance(200)
    assert.equal(probes[1]?.timeoutMs, 200)
  })

  test('that is over leaves no timer, and its late answers do not count', async () => {
    const { clock, verdicts, inquiry, answer } = setup()
    inquiry.cancel()
    await answer('dead')
    assert.deepEqual([verdicts, clock.pending], [[], 0])
  })
})
