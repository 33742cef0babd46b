/**
 * Unique ids of messages: 16 random bytes marked as a version 4 UUID, as Tomcat's `UUIDGenerator` makes them
 * (tomcat-cluster.md 4.2). Randomness is fetched for many ids at once, because asking for it costs more than the rest.
 */
import { UNIQUE_ID_BYTES } from './member.ts'

const IDS_AT_ONCE = 256

export class MessageIds {
  readonly #randomBytes: (count: number) => Uint8Array
  #pool: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(randomBytes: (count: number) => Uint8Array) {
    this.#randomBytes = randomBytes
  }

  next(): Uint8Array {
    if (this.#at === this.#pool.length) {
      this.#pool = this.#randomBytes(UNIQUE_ID_BYTES * IDS_AT_ONCE)
      this.#at = 0
    }
    const start = this.#at
    this.#at += UNIQUE_ID_BYTES
    const id = this.#pool.subarray(start, this.#at)
    id[6] = (id[6]! & 0x0f) | 0x40
    id[8] = (id[8]! & 0x3f) | 0x80
    return id
  }
}
