/**
 * Which batches of each other node this node has. What makes a lost message visible: a batch that skips numbers leaves a
 * hole, and two nodes that compare their tables see what one of them lacks, also when the node that sent it is gone.
 * Filling holes is the business of `state-exchange.ts`.
 */
import { MAX_EARLY_RANGES, MAX_POSITIONS, type Position, type Positions, type Range } from './message.ts'

interface Track extends Position {
  upTo: number
  early: Range[]
  /** There were too many ranges and some were forgotten: this node has more than the track says. */
  isLossy: boolean
  /** Monotonic time of the last change. */
  at: number
}

export class PositionTable {
  readonly #tracks = new Map<string, Track>()

  /** Notes batches that are being merged. True if there is no hole before them. */
  note(node: string, first: number, last: number, now: number): boolean {
    let track = this.#tracks.get(node)
    if (track === undefined) {
      track = { node, upTo: 0, early: [], isLossy: false, at: now }
      this.#tracks.set(node, track)
    }
    track.at = now
    if (first <= track.upTo + 1) {
      if (last > track.upTo) track.upTo = last
      if (track.early.length > 0) closeHoles(track)
      return true
    }
    track.early = insertRange(track.early, [first, last])
    if (track.early.length > MAX_EARLY_RANGES) {
      track.early.pop()
      track.isLossy = true
    }
    return false
  }

  upTo(node: string): number {
    return this.#tracks.get(node)?.upTo ?? 0
  }

  hasHole(node: string): boolean {
    return (this.#tracks.get(node)?.early.length ?? 0) > 0
  }

  /** True if this node has merged more than its positions say. */
  get isLossy(): boolean {
    for (const track of this.#tracks.values()) if (track.isLossy) return true
    return false
  }

  /** True if this node has all that another one with these positions has. `own`: what it knows of us is no news to us. */
  covers(positions: Positions, own: string): boolean {
    return positions.every(({ node, upTo, early }) => {
      if (node === own) return true
      return this.#has(node, [1, upTo]) && early.every((range) => this.#has(node, range))
    })
  }

  /** All that a node with these positions had has been merged here. */
  adopt(positions: Positions, own: string, now: number): void {
    for (const { node, upTo, early } of positions) {
      if (node === own) continue
      if (upTo > 0) this.note(node, 1, upTo, now)
      for (const [first, last] of early) this.note(node, first, last, now)
    }
  }

  /** With our own position, which only we can know. */
  list(own: string, ownSeq: number): Positions {
    const list: Position[] = [{ node: own, upTo: ownSeq, early: [] }]
    for (const { node, upTo, early } of this.#tracks.values()) list.push({ node, upTo, early })
    return list
  }

  /** Forgets nodes that have been silent for `keepMs`, unless `isLive`, and the most silent of too many. */
  prune(now: number, keepMs: number, isLive: (node: string) => boolean): void {
    for (const [node, track] of this.#tracks) if (now - track.at > keepMs && !isLive(node)) this.#tracks.delete(node)
    // One place is for ourselves.
    const tooMany = this.#tracks.size - (MAX_POSITIONS - 1)
    if (tooMany <= 0) return
    const oldestFirst = [...this.#tracks].sort(([, a], [, b]) => a.at - b.at)
    for (const [node] of oldestFirst.slice(0, tooMany)) this.#tracks.delete(node)
  }

  #has(node: string, [first, last]: Range): boolean {
    const track = this.#tracks.get(node)
    if (last < first || last <= (track?.upTo ?? 0)) return true
    return track?.early.some((range) => range[0] <= first && last <= range[1]) ?? false
  }
}

/** What all of them say, as far as it has no holes: who has merged a part of each has at least that. */
export function commonPositions(lists: readonly Positions[]): Positions {
  const [first = [], ...others] = lists
  if (others.length === 0) return first
  const maps = others.map((list) => new Map(list.map(({ node, upTo }) => [node, upTo])))
  const common: Position[] = []
  for (const { node, upTo } of first) {
    const least = Math.min(upTo, ...maps.map((map) => map.get(node) ?? 0))
    if (least > 0) common.push({ node, upTo: least, early: [] })
  }
  return common
}

/** The ranges with one more, in order; those that touch become one. */
function insertRange(ranges: readonly Range[], added: Range): Range[] {
  let [first, last] = added
  const before: Range[] = []
  const after: Range[] = []
  for (const range of ranges) {
    if (range[1] + 1 < first) before.push(range)
    else if (range[0] > last + 1) after.push(range)
    else {
      first = Math.min(first, range[0])
      last = Math.max(last, range[1])
    }
  }
  return [...before, [first, last], ...after]
}

function closeHoles(track: Track): void {
  while (track.early.length > 0 && track.early[0]![0] <= track.upTo + 1) {
    track.upTo = Math.max(track.upTo, track.early.shift()![1])
  }
  if (track.early.length === 0) track.isLossy = false
}
