/**
 * Which nodes keep a session: the one that serves it, and the first few of the others in an order that every node can
 * work out for itself (rendezvous hashing: Thaler and Ravishankar, "A name-based mapping scheme for rendezvous", 1996).
 * So there is no directory to keep: whoever is first in the order of all nodes has every session of that key, as the one
 * that serves it or as the first of its copies. When a node comes or goes, only the sessions it keeps change places.
 */
import type { Lane } from './lane.ts'

export interface Place {
  readonly node: string
  /** Undefined: ourselves. */
  readonly lane: Lane | undefined
  readonly seed: number
}

export class Placement {
  /** Counts changes of the nodes that take part. */
  epoch = 0
  readonly #node: string
  readonly #backups: number
  #places: readonly Place[] = []
  #byNode = new Map<string, Place>()
  readonly #found: Place[] = []
  readonly #weights: number[] = []

  constructor(node: string, backups: number) {
    this.#node = node
    this.#backups = backups
    this.update([], true)
  }

  /** True if other nodes take part than before. `withUs`: we keep sessions, too. */
  update(lanes: Iterable<Lane>, withUs: boolean): boolean {
    const places: Place[] = []
    if (withUs) places.push({ node: this.#node, lane: undefined, seed: hash(this.#node, this.#node.length) })
    for (const lane of lanes) {
      const { node } = lane.peer
      if (lane.isReady && node !== '') places.push({ node, lane, seed: hash(node, node.length) })
    }
    const isSame = places.length === this.#places.length && places.every((place) => this.#isKnown(place))
    if (isSame) return false
    this.#places = places
    this.#byNode = new Map(places.map((place) => [place.node, place]))
    this.epoch++
    return true
  }

  has(node: string): boolean {
    return this.#byNode.has(node)
  }

  /** Those that keep a session, its owner first where that is alive. Valid until the next call. */
  holders(key: string, owner: string): readonly Place[] {
    const first = this.#byNode.get(owner)
    return this.#rank(key, this.#backups + (first === undefined ? 1 : 0), first)
  }

  /** Those that would keep it, whoever serves it: the first of them has it in any case. Valid until the next call. */
  likely(key: string): readonly Place[] {
    return this.#rank(key, this.#backups + 1, undefined)
  }

  keeps(key: string, owner: string): boolean {
    return owner === this.#node || this.holders(key, owner).some((place) => place.lane === undefined)
  }

  /** No other node takes part. */
  get isAlone(): boolean {
    return this.#places.every(({ lane }) => lane === undefined)
  }

  isFirst(key: string): boolean {
    return this.#rank(key, 1, undefined)[0]?.lane === undefined
  }

  #isKnown({ node, lane }: Place): boolean {
    const known = this.#byNode.get(node)
    return known !== undefined && known.lane === lane
  }

  /** `first`, then the `count` weightiest of the others. */
  #rank(key: string, count: number, first: Place | undefined): readonly Place[] {
    const [found, weights] = [this.#found, this.#weights]
    found.length = 0
    weights.length = 0
    const from = first === undefined ? 0 : 1
    if (first !== undefined) found.push(first)
    const keyHash = hash(key, KEY_CHARS_HASHED)
    for (const place of this.#places) {
      if (place === first) continue
      const weight = mix(keyHash ^ place.seed)
      let at = weights.length
      while (at > 0 && isBefore(weight, place, weights[at - 1]!, found[from + at - 1]!)) at--
      if (at >= count) continue
      weights.splice(at, 0, weight)
      found.splice(from + at, 0, place)
      if (weights.length > count) {
        weights.pop()
        found.pop()
      }
    }
    return found
  }
}

/** Keys are random from their first digit on: 32 bits of them are as good as all. */
const KEY_CHARS_HASHED = 8

function isBefore(weight: number, place: Place, otherWeight: number, other: Place): boolean {
  return weight === otherWeight ? place.node < other.node : weight > otherWeight
}

/** FNV-1a (Fowler, Noll, Vo) of the first characters. */
export function hash(text: string, chars: number): number {
  let hashed = 0x811c9dc5
  for (let i = 0; i < chars; i++) hashed = Math.imul(hashed ^ text.charCodeAt(i), 0x01000193)
  return hashed
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain): every bit of the input turns half of the output. */
export function mix(value: number): number {
  let x = value ^ (value >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
