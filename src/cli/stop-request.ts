/**
 * When the process is asked to stop, and when it is asked in earnest.
 *
 * The first SIGTERM or SIGINT begins a graceful stop. One more, later than a second, ends the process at once; sooner it
 * is taken for the same wish, because npm repeats the Ctrl-C that the terminal has already sent to the whole group.
 * A supervised process (`supervisor/child.ts`) leaves SIGINT to its supervisor, and stops when that is gone.
 */
import type { Clock } from '../clock/clock.ts'

const SAME_WISH_MS = 1_000

/** What is needed of `process`, so that a test can play it. */
export interface StoppableProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown
  exit(code: number): void
  readonly connected?: boolean | undefined
}

/** Starts listening at once. The promise resolves with the first request. */
export function stopRequest(process: StoppableProcess, clock: Clock): Promise<void> {
  return new Promise((stop) => {
    let askedAt: number | undefined
    const ask = (exitCode: number): void => {
      if (askedAt === undefined) {
        askedAt = clock.monotonic()
        stop()
      } else if (clock.monotonic() - askedAt > SAME_WISH_MS) process.exit(exitCode)
    }
    const isSupervised = process.connected === true
    process.on('SIGTERM', () => ask(143))
    process.on('SIGINT', () => {
      if (!isSupervised) ask(130)
    })
    if (isSupervised) process.on('disconnect', () => ask(1))
  })
}
