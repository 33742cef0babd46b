/**
 * Waiting for a condition instead of for a while: asks again and again until the answer is truthy or time is up.
 * A condition that throws has not come true yet; its last error is the cause of the failure.
 */
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Nothing here takes more than a few seconds, but the machine may be ten times slower and busy with something else; only
 * what never comes waits so long.
 */
export const PATIENCE_MS = 60_000

export interface UntilOptions {
  /** Milliseconds until this fails; default 60_000. */
  readonly deadlineMs?: number
  /** Milliseconds between two questions; default 10. */
  readonly everyMs?: number
}

/**
 * @example await until('worker2 is back', () => snapshot().members.find((m) => m.name === 'worker2')?.state === 'OK')
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { deadlineMs = PATIENCE_MS, everyMs = 10 }: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false | 0 | ''>> {
  const started = performance.now()
  let cause: unknown
  for (;;) {
    try {
      const answer = await condition()
      if (answer) return answer as Exclude<T, undefined | null | false | 0 | ''>
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() - started > deadlineMs) {
      const reason = cause instanceof Error ? `: ${cause.message}` : ''
      throw new Error(`not within ${deadlineMs} ms: ${what}${reason}`, { cause })
    }
    await sleep(everyMs)
  }
}

/** `promise`, or a failure that names what did not happen in time. Whatever feeds the promise goes on undisturbed. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${deadlineMs} ms: ${what}`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
