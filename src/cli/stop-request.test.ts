import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { stopRequest } from './stop-request.ts'

class FakeProcess extends EventEmitter {
  readonly connected: boolean
  readonly exits: number[] = []
  constructor(connected = false) {
    super()
    this.connected = connected
  }
  exit(code: number): void {
    this.exits.push(code)
  }
}

/** Plays events, `at` in ms, and tells whether a stop began and which exit codes were forced. */
async function play(supervised: boolean, events: readonly (readonly [at: number, event: string])[]) {
  const process = new FakeProcess(supervised)
  const clock = new FakeClock()
  let stopping = false
  void stopRequest(process, clock).then(() => {
    stopping = true
  })
  for (const [at, event] of events) {
    clock.advance(at - clock.monotonic())
    process.emit(event)
  }
  await Promise.resolve()
  return { stopping, exits: process.exits }
}

describe('stop request', () => {
  for (const [rule, supervised, events, want] of [
    ['SIGTERM begins a stop', false, [[0, 'SIGTERM']], { stopping: true, exits: [] }],
    ['SIGINT begins a stop', false, [[0, 'SIGINT']], { stopping: true, exits: [] }],
    [
      'a repetition within a second is the same wish',
      false,
      [
        [0, 'SIGINT'],
        [900, 'SIGINT'],
      ],
      { stopping: true, exits: [] },
    ],
    [
      'a second SIGINT later on ends at once',
      false,
      [
        [0, 'SIGINT'],
        [1_001, 'SIGINT'],
      ],
      { stopping: true, exits: [130] },
    ],
    [
      'a second SIGTERM later on ends at once',
      false,
      [
        [0, 'SIGINT'],
        [5_000, 'SIGTERM'],
      ],
      { stopping: true, exits: [143] },
    ],
    ['the parent of an ordinary process does not matter', false, [[0, 'disconnect']], { stopping: false, exits: [] }],
    ['a supervised process leaves SIGINT to its supervisor', true, [[0, 'SIGINT']], { stopping: false, exits: [] }],
    ['a supervised process heeds SIGTERM', true, [[0, 'SIGTERM']], { stopping: true, exits: [] }],
    [
      'a supervised process stops when the supervisor is gone',
      true,
      [[0, 'disconnect']],
      { stopping: true, exits: [] },
    ],
    [
      '… at once when it was stopping anyway',
      true,
      [
        [0, 'SIGTERM'],
        [2_000, 'disconnect'],
      ],
      { stopping: true, exits: [1] },
    ],
  ] as const)
    it(rule, async () => assert.deepEqual(await play(supervised, events), want))
})
