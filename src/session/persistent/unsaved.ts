/**
 * What of one session the store does not have yet. Changes gather here while the last ones are on their way, so that there
 * is one call per session at a time, in order, however many requests write.
 */
import { Batch } from '../batch.ts'

/** What goes to the store in one go: fields, then the new key, then the end. */
export interface Job {
  readonly fields: ReadonlyMap<string, Uint8Array>
  readonly moveTo: string | undefined
  readonly destroy: boolean
  readonly batch: Batch | undefined
}

export class Unsaved {
  /** Under which the store has the session. */
  key: string
  /** The store does not have the session yet. */
  create = false
  moveTo: string | undefined
  destroy = false
  /** Something is to be said, and be it only that the session is in use. */
  isDue = false
  /** While a job is on its way. */
  running: Promise<void> | undefined
  #fields = new Map<string, Uint8Array>()
  #batch: Batch | undefined

  constructor(key: string) {
    this.key = key
  }

  add(name: string, field: Uint8Array): void {
    this.#fields.set(name, field)
  }

  /** Settled when the store has what was added up to now, or has failed to take it. */
  wait(): Batch {
    this.#batch ??= new Batch(0)
    return this.#batch
  }

  take(): Job | undefined {
    if (!this.isDue) return undefined
    const { moveTo, destroy } = this
    const job: Job = { moveTo, destroy, fields: this.#fields, batch: this.#batch }
    this.moveTo = undefined
    this.destroy = false
    this.isDue = false
    this.#fields = new Map()
    this.#batch = undefined
    return job
  }

  /** The store has not taken it: once more, with what has come meanwhile. Nobody waits for it any longer. */
  putBack(job: Job): void {
    // What came later stays.
    this.#fields = new Map([...job.fields, ...this.#fields])
    this.moveTo ??= job.moveTo
    this.destroy ||= job.destroy
    this.isDue = true
    job.batch?.settle()
    this.#batch?.settle()
    this.#batch = undefined
  }

  /** Lets go of what takes room. What stays says how the store and the session differ, for when there is a next change. */
  giveUp(): void {
    this.#fields = new Map()
    this.isDue = false
  }
}
