/**
 * Up to which batch this node has everything of each other node. What makes a lost message visible: a batch that skips
 * numbers leaves a hole, and two nodes that compare their tables see which of them lacks something. Filling holes is the
 * business of `state-exchange.ts`.
 */
import { MAX_POSITIONS, type Positions } from './message.ts'

/** Ranges beyond a hole that are remembered per node. More are forgotten, which costs a larger transfer, no data. */
const MAX_EARLY = 64

interface Track {
  /** All batches from 1 to this have been merged here. */
  upTo: number
  /** What came beyond a hole, in order, not touching. */
  early: [first: number, last: number][]
  /** Monotonic time of the last change. */
  at: number
}

export class PositionTable {
  readonly #tracks = new Map<string, Track>()

  /** Notes batches that were merged. True if there is no hole before them. */
  note(node: string, first: number, last: number, now: number): boolean {
    let track = this.#tracks.get(node)
    if (track === undefined) {
      track = { upTo: 0, early: [], at: now }
      this.#tracks.set(node, track)
    }
    track.at = now
    if (first > track.upTo + 1) {
      insert(track.early, first, last)
      return false
    }
    if (last > track.upTo) {
      track.upTo = last
      if (track.early.length > 0) closeHoles(track)
    }
    return true
  }

  upTo(node: string): number {
    return this.#tracks.get(node)?.upTo ?? 0
  }

  hasHole(node: string): boolean {
    return (this.#tracks.get(node)?.early.length ?? 0) > 0
  }

  /** True if this node has all that another one with these positions has. `own`: what it knows of us is no news to us. */
  covers(positions: Positions, own: string): boolean {
    return positions.every(([node, seq]) => node === own || this.upTo(node) >= seq)
  }

  /** All that a node with these positions had has been merged here. */
  adopt(positions: Positions, own: string, now: number): void {
    for (const [node, seq] of positions) if (node !== own && seq > 0) this.note(node, 1, seq, now)
  }

  get hasHoles(): boolean {
    for (const track of this.#tracks.values()) if (track.early.length > 0) return true
    return false
  }

  /** Gives up the holes of nodes that have been gone and silent for `afterMs`: nobody can fill them any more. */
  closeHoles(now: number, afterMs: number, isLive: (node: string) => boolean): void {
    for (const [node, track] of this.#tracks) {
      const last = track.early.at(-1)
      if (last === undefined || now - track.at < afterMs || isLive(node)) continue
      track.upTo = last[1]
      track.early = []
    }
  }

  /** With our own position, which only we can know. */
  list(own: string, ownSeq: number): Positions {
    const list: [string, number][] = [[own, ownSeq]]
    for (const [node, track] of this.#tracks) if (track.upTo > 0) list.push([node, track.upTo])
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
}

function insert(early: [number, number][], first: number, last: number): void {
  let at = early.length
  while (at > 0 && early[at - 1]![0] > first) at--
  early.splice(at, 0, [first, last])
  for (let i = Math.max(0, at - 1); i + 1 < early.length; ) {
    const [a, b] = [early[i]!, early[i + 1]!]
    if (b[0] > a[1] + 1) {
      if (i >= at) break
      i++
    } else {
      a[1] = Math.max(a[1], b[1])
      early.splice(i + 1, 1)
    }
  }
  if (early.length > MAX_EARLY) early.pop()
}

function closeHoles(track: Track): void {
  while (track.early.length > 0 && track.early[0]![0] <= track.upTo + 1) {
    track.upTo = Math.max(track.upTo, track.early.shift()![1])
  }
}
