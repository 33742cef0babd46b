/**
 * Keeps repeated events from flooding logs: the first of a kind passes at once, the rest of a heartbeat as one number.
 * A hostile peer can make events of one kind, not of arbitrarily many: kinds are counted up to a limit.
 */
import type { ClusterEvent } from './events.ts'

/** More kinds than this per heartbeat share one count. */
export const MAX_KINDS = 64
const THE_REST = 'the rest'

interface Kind {
  suppressed: number
  last: (count: number) => ClusterEvent
}

export class EventThrottle {
  readonly #emit: (event: ClusterEvent) => void
  #kinds = new Map<string, Kind>()

  constructor(emit: (event: ClusterEvent) => void) {
    this.#emit = emit
  }

  /** @param make the event for a number of occurrences */
  tell(kind: string, make: (count: number) => ClusterEvent): void {
    const key = this.#kinds.has(kind) || this.#kinds.size < MAX_KINDS ? kind : THE_REST
    const known = this.#kinds.get(key)
    if (known !== undefined) {
      known.suppressed++
      known.last = make
      return
    }
    this.#kinds.set(key, { suppressed: 0, last: make })
    this.#emit(make(1))
  }

  /** Tells what was held back, and starts anew. */
  beat(): void {
    const kinds = this.#kinds
    this.#kinds = new Map()
    for (const { suppressed, last } of kinds.values()) if (suppressed > 0) this.#emit(last(suppressed))
  }
}
