/** How late messages are, whatever the clocks say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DelayGauge, WINDOW_MS } from './delay.ts'

/** A gauge that has seen messages of these delays, of a sender whose clock is `aheadMs` ahead of ours. */
function gaugeOf(delays: readonly number[], aheadMs: number, now = 0): DelayGauge {
  const gauge = new DelayGauge()
  for (const delay of delays) gauge.note(1000 + aheadMs, 1000 + delay, now)
  return gauge
}

const mostlyFast = [...Array.from({ length: 97 }, () => 1), 40, 40, 40]

describe('delays', () => {
  for (const [aheadMs, clocks] of [
    [0, 'agree'],
    [3_600_000, 'differ by an hour'],
    [-250, 'differ by a quarter of a second the other way'],
  ] as const) {
    test(`are those above the fastest where clocks ${clocks}`, () => {
      assert.deepEqual(gaugeOf(mostlyFast, aheadMs).snapshot(0), {
        messages: 100,
        p50: 0,
        p99: 50,
        clockMs: 1 - aheadMs,
      })
    })
  }

  test('beyond all bounds count as the last', () => assert.equal(gaugeOf([0, 1e9], 0).snapshot(0)?.p99, 10_000))

  test('of a node that has said nothing are none', () => assert.equal(new DelayGauge().snapshot(0), undefined))

  test('are forgotten after one to two minutes, the fastest included', () => {
    const gauge = gaugeOf([0, 0, 100], 0)
    assert.equal(gauge.snapshot(WINDOW_MS)?.messages, 3)
    gauge.note(0, 30, WINDOW_MS)
    assert.deepEqual(gauge.snapshot(WINDOW_MS), { messages: 4, p50: 0, p99: 100, clockMs: 0 })
    // Now it is the fastest that anybody remembers.
    gauge.note(0, 30, 2 * WINDOW_MS)
    assert.deepEqual(gauge.snapshot(2 * WINDOW_MS), { messages: 2, p50: 0, p99: 30, clockMs: 30 })
    assert.equal(gauge.snapshot(9 * WINDOW_MS), undefined)
  })
})
