/** The world of a command, for tests: what it prints is kept, and it is asked to stop only on request. */
import { FakeClock } from '../../clock/fake-clock.ts'
import type { Io } from '../command.ts'

export interface FakeIo extends Io {
  readonly printed: string[]
  readonly complained: string[]
  stop(): void
}

export function fakeIo(): FakeIo {
  const printed: string[] = []
  const complained: string[] = []
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  return {
    printed,
    complained,
    stop,
    out: (text) => void printed.push(...text.split('\n')),
    err: (text) => void complained.push(...text.split('\n')),
    untilStopped: () => stopped,
    program: [process.execPath, 'main.js'],
    env: {},
    clock: new FakeClock(),
    random: () => 0,
  }
}
