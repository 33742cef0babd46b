/**
 * Calls of a store with bounds: how long each may take, how many may be under way, and that a store which has failed again
 * and again is left alone for a moment, so that requests fail at once and not after a wait each.
 */
import { SessionError } from '../errors.ts'
import type { ResolvedSessionOptions } from '../options.ts'

/**
 * Failures in a row, with no success between them, after which the store counts as down. Not one: of a Redis Cluster one
 * shard may be down, and the others shall be asked all the same.
 */
const FAILURES_IN_A_ROW = 10
/** Longest pause. */
const MAX_PAUSE_MS = 5000

export interface StoreNews {
  /** The first failure after a success. */
  failed(error: SessionError): void
  /** The first success after failures. */
  back(): void
}

export class StoreCalls {
  /** Since start. */
  failures = 0
  readonly #options: ResolvedSessionOptions
  readonly #news: StoreNews
  #running = 0
  #inARow = 0
  #pauseMs = 0
  /** Monotonic; before that nobody is asked. */
  #pausedUntil = Number.NEGATIVE_INFINITY
  #lastError: SessionError | undefined

  constructor(options: ResolvedSessionOptions, news: StoreNews) {
    this.#options = options
    this.#news = news
  }

  /** Rejects with SESSION_STORE, SESSION_STORE_TIMEOUT or SESSION_STORE_BUSY. */
  run<T>(call: () => Promise<T>): Promise<T> {
    const { clock, limits, storeTimeoutMs } = this.#options
    if (this.#running >= limits.storeCalls) {
      const fact = `${this.#running} calls of the store are under way (limits.storeCalls)`
      return Promise.reject(new SessionError('SESSION_STORE_BUSY', fact))
    }
    if (this.#inARow >= FAILURES_IN_A_ROW) {
      const now = clock.monotonic()
      if (now < this.#pausedUntil) {
        const fact = `the store has failed ${this.#inARow} times in a row and is left alone for ${this.#pauseMs} ms`
        return Promise.reject(new SessionError('SESSION_STORE', fact, { cause: this.#lastError }))
      }
      // This one finds out; the others do not wait for it.
      this.#pause(now)
    }
    this.#running++
    return new Promise<T>((resolve, reject) => {
      let isSettled = false
      const fail = (error: SessionError): void => {
        if (isSettled) return
        isSettled = true
        clock.clear(timer)
        this.#failed(error)
        reject(error)
      }
      const timer = clock.after(storeTimeoutMs, () => {
        const fact = `the store has not answered within ${storeTimeoutMs} ms (storeTimeoutMs)`
        fail(new SessionError('SESSION_STORE_TIMEOUT', fact))
      })
      // A call that takes too long is under way all the same: the client holds it.
      attempt(call).then(
        (answer) => {
          this.#running--
          if (isSettled) return
          isSettled = true
          clock.clear(timer)
          this.#succeeded()
          resolve(answer)
        },
        (cause: unknown) => {
          this.#running--
          fail(asStoreError(cause))
        },
      )
    })
  }

  #failed(error: SessionError): void {
    this.failures++
    this.#lastError = error
    if (++this.#inARow === FAILURES_IN_A_ROW) this.#pause(this.#options.clock.monotonic())
    if (this.#inARow === 1) this.#news.failed(error)
  }

  #succeeded(): void {
    const wasFailing = this.#inARow > 0
    this.#inARow = 0
    this.#pauseMs = 0
    this.#pausedUntil = Number.NEGATIVE_INFINITY
    if (wasFailing) this.#news.back()
  }

  #pause(now: number): void {
    this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs === 0 ? this.#options.retryMs : this.#pauseMs * 2)
    this.#pausedUntil = now + this.#pauseMs
  }
}

/** A client may also throw at once, for instance when it was closed. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  return call()
}

function asStoreError(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new SessionError('SESSION_STORE', `the store has failed: ${why.replace(/\.$/, '')}`, { cause })
}
