/**
 * What waits for something that is still to come, by key: at most so many guests with so many bytes, the one that came
 * first in front. What they wait for, and what becomes of those that waited in vain, is for the layer to say.
 */

/** One that waits. It is written by the room alone. */
export interface Guest {
  /** Monotonic ms. */
  readonly since: number
  /** What it holds now. */
  bytes: number
}

export interface WaitingRoomLimits {
  readonly maxGuests: number
  readonly maxBytes: number
}

export class WaitingRoom<Waiting extends Guest> {
  readonly #limits: WaitingRoomLimits
  readonly #guests = new Map<string, Waiting>()
  #bytes = 0

  constructor(limits: WaitingRoomLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#guests.size
  }

  /** Of all guests. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Waiting | undefined {
    return this.#guests.get(key)
  }

  /** False, and nothing has changed, where there is no room for it. Guests come in the order of their `since`, under new keys. */
  enter(key: string, guest: Waiting): boolean {
    if (this.#guests.size >= this.#limits.maxGuests || !this.#holds(guest.bytes)) return false
    this.#guests.set(key, guest)
    this.#bytes += guest.bytes
    return true
  }

  /** A guest gets more to hold. False, and nothing has changed, where there is no room for it. */
  grow(guest: Waiting, bytes: number): boolean {
    if (!this.#holds(bytes)) return false
    guest.bytes += bytes
    this.#bytes += bytes
    return true
  }

  leave(key: string): void {
    const guest = this.#guests.get(key)
    if (guest === undefined) return
    this.#guests.delete(key)
    this.#bytes -= guest.bytes
  }

  /** Takes out whoever has waited since before a time, and gives them, the oldest first. */
  takeOlder(than: number): readonly Waiting[] {
    const taken: Waiting[] = []
    for (const [key, guest] of this.#guests) {
      if (guest.since >= than) break
      this.leave(key)
      taken.push(guest)
    }
    return taken
  }

  /** Makes room for one more. */
  dropOldest(): void {
    const [oldest] = this.#guests.keys()
    if (oldest !== undefined) this.leave(oldest)
  }

  #holds(bytes: number): boolean {
    return this.#bytes + bytes <= this.#limits.maxBytes
  }
}
