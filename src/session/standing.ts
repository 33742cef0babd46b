/**
 * Where this node stands, in words that others can rely on: "who has these batches has all that I had when my change
 * counter stood there". Two things make that less than obvious. While pieces of another node's answer come in, we hold
 * changes that no position of ours mentions yet; and if that answer breaks off, perhaps nobody else alive has them.
 */
import { MAX_POSITIONS, type Positions } from './message.ts'
import type { Outbox } from './outbox.ts'
import type { PositionTable } from './position-table.ts'
import type { Replica } from './replica.ts'

export interface Place {
  readonly positions: Positions
  readonly changes: number
}

export class Standing {
  readonly #node: string
  readonly #replica: Replica
  readonly #positions: PositionTable
  readonly #outbox: Outbox
  /** Answers that we wait for. */
  #fetching = 0
  /** The change counter when we began to hold more than our positions say. */
  #inexactSince: number | undefined
  /** We hold what no position will ever mention. */
  #holdsMore = false
  /**
   * Where a node's change counter stood when we had all that it had: of what it has, we may lack only what changed since.
   * Kept while the node is away, because that is when it is needed.
   */
  readonly #synced = new Map<string, number>()

  constructor(node: string, replica: Replica, positions: PositionTable, outbox: Outbox) {
    this.#node = node
    this.#replica = replica
    this.#positions = positions
    this.#outbox = outbox
  }

  place(): Place {
    const [outbox, positions] = [this.#outbox, this.#positions]
    if (this.hasUnsaid) {
      // A number without a batch is a hole to the others: they will ask us for what changed.
      this.#holdsMore = false
      outbox.skip()
    }
    // The open batch has changed sessions, and no position says so yet.
    outbox.close()
    if (this.#fetching === 0 && !positions.isLossy) this.#inexactSince = undefined
    return { positions: positions.list(this.#node, outbox.seq), changes: this.#inexactSince ?? this.#replica.changes }
  }

  /** There is something to tell that our positions do not show. */
  get hasUnsaid(): boolean {
    return this.#holdsMore && this.#fetching === 0
  }

  fetchBegins(): void {
    this.#fetching++
    this.#inexactSince ??= this.#replica.changes
  }

  /** `brokenOff`: pieces came, and no end. Positions of a complete answer must be adopted before anybody asks again. */
  fetchEnds(brokenOff: boolean): void {
    this.#fetching--
    if (brokenOff) this.#holdsMore = true
  }

  /** Changes come that belong to no batch and to no answer that we wait for. To be called before they are applied. */
  strays(): void {
    this.#inexactSince ??= this.#replica.changes
    this.#holdsMore = true
  }

  /** A batch beyond a hole comes. To be called before it is applied. */
  beyondHole(): void {
    if (this.#positions.isLossy) this.#inexactSince ??= this.#replica.changes
  }

  /** We have all that `node` had when its change counter stood at `changes`. */
  synced(node: string, changes: number): void {
    // Deleted first, so that the map stays in order of age.
    this.#synced.delete(node)
    this.#synced.set(node, changes)
    if (this.#synced.size > MAX_POSITIONS) this.#synced.delete(this.#synced.keys().next().value!)
  }

  /** From where on we may lack something of `node`; 0 = from the beginning. */
  syncedWith(node: string): number {
    return this.#synced.get(node) ?? 0
  }
}
