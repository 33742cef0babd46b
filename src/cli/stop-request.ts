/**
 * When the process is asked to stop, and when it is asked in earnest.
 *
 * The first SIGTERM or SIGINT begins a graceful stop. One more, later than a second, ends the process at once; sooner it
 * is taken for the same wish, because npm repeats the Ctrl-C that the terminal has already sent to the whole group.
 * npm and npx start us through a shell, which dies of their SIGTERM without handing it on; then the loss of our parent is
 * the request. (In a shell of one's own it is none: programs outlive those on purpose.)
 *
 * A supervised process (`supervisor/child.ts`) leaves SIGINT to its supervisor, and stops when that is gone.
 */
import type { Clock } from '../clock/clock.ts'

const SAME_WISH_MS = 1_000
/** How often it is looked whether the parent is still there. */
const PARENT_CHECK_MS = 500

/** What is needed of `process`, so that a test can play it. */
export interface StoppableProcess {
  on(event: 'SIGTERM' | 'SIGINT' | 'disconnect', listener: () => void): unknown
  exit(code: number): void
  readonly connected?: boolean | undefined
  readonly ppid: number
  readonly env: Readonly<Record<string, string | undefined>>
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
    else if (process.env.npm_command !== undefined) {
      const parent = process.ppid
      const check = clock.every(PARENT_CHECK_MS, () => {
        if (process.ppid === parent) return
        clock.clear(check)
        ask(1)
      })
    }
  })
}
