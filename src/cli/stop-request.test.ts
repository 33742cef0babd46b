import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { stopRequest } from './stop-request.ts'

class FakeProcess extends EventEmitter {
  readonly connected: boolean
  readonly exits: number[] = []
  readonly env: Record<string, string>
  ppid = 100
  constructor(connected: boolean, env: Record<string, string>) {
    super()
    this.connected = connected
    this.env = env
  }
  exit(code: number): void {
    this.exits.push(code)
  }
}

/** Plays events, `at` in ms, and tells whether a stop began and which exit codes were forced. */
async function play(how: 'alone' | 'supervised' | 'by npm', events: readonly (readonly [at: number, event: string])[]) {
  const process = new FakeProcess(how === 'supervised', how === 'by npm' ? { npm_command: 'run-script' } : {})
  const clock = new FakeClock()
  let stopping = false
  void stopRequest(process, clock).then(() => {
    stopping = true
  })
  for (const [at, event] of events) {
    clock.advance(at - clock.monotonic())
    if (event === 'orphaned') process.ppid = 1
    else process.emit(event)
  }
  clock.advance(1_000)
  await Promise.resolve()
  return { stopping, exits: process.exits }
}

describe('stop request', () => {
  for (const [rule, supervised, events, want] of [
    ['SIGTERM begins a stop', 'alone', [[0, 'SIGTERM']], { stopping: true, exits: [] }],
    ['SIGINT begins a stop', 'alone', [[0, 'SIGINT']], { stopping: true, exits: [] }],
    [
      'a repetition within a second is the same wish',
      'alone',
      [
        [0, 'SIGINT'],
        [900, 'SIGINT'],
      ],
      { stopping: true, exits: [] },
    ],
    [
      'a second SIGINT later on ends at once',
      'alone',
      [
        [0, 'SIGINT'],
        [1_001, 'SIGINT'],
      ],
      { stopping: true, exits: [130] },
    ],
    [
      'a second SIGTERM later on ends at once',
      'alone',
      [
        [0, 'SIGINT'],
        [5_000, 'SIGTERM'],
      ],
      { stopping: true, exits: [143] },
    ],
    ['the parent of an ordinary process does not matter', 'alone', [[0, 'disconnect']], { stopping: false, exits: [] }],
    [
      'a supervised process leaves SIGINT to its supervisor',
      'supervised',
      [[0, 'SIGINT']],
      { stopping: false, exits: [] },
    ],
    ['a supervised process heeds SIGTERM', 'supervised', [[0, 'SIGTERM']], { stopping: true, exits: [] }],
    [
      'a supervised process stops when the supervisor is gone',
      'supervised',
      [[0, 'disconnect']],
      { stopping: true, exits: [] },
    ],
    [
      '… at once when it was stopping anyway',
      'supervised',
      [
        [0, 'SIGTERM'],
        [2_000, 'disconnect'],
      ],
      { stopping: true, exits: [1] },
    ],
    ['the loss of its parent does not matter', 'alone', [[0, 'orphaned']], { stopping: false, exits: [] }],
    [
      'the loss of the shell that npm put between begins a stop',
      'by npm',
      [[0, 'orphaned']],
      { stopping: true, exits: [] },
    ],
    ['as does npm’s own signal', 'by npm', [[0, 'SIGTERM']], { stopping: true, exits: [] }],
  ] as const)
    it(rule, async () => assert.deepEqual(await play(supervised, events), want))
})
