/**
 * Sends large bodies in pieces (Tomcat `FragmentationInterceptor`; tomcat-cluster.md 4.6). Every member needs it.
 *
 *   whole: body | 00          piece: slice | index: i32 | count: i32 | 01
 *
 * The pieces of a body have the id, time and options of its message. A body is delivered when all are there; pieces that
 * stay alone are dropped. A body that was delivered or refused is over: pieces of it that come later would wait for those
 * that are gone.
 */
import type { Clock } from '../../clock/clock.ts'
import { ClusterError, type ClusterErrorCode, type FaultyMember } from '../errors.ts'
import { memberKey, memberName, messageKey } from '../identity.ts'
import { sendFailure } from '../transport/delivery.ts'
import type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'
import { checkLeast } from './layer-options.ts'
import { type Guest, WaitingRoom } from './waiting-room.ts'

const MIB = 1024 * 1024
const TRAILER_BYTES = 9
/** What keeping a piece costs beside its bytes, so that many tiny ones do not pass below the limits. */
const PIECE_COST_BYTES = 128
const EMPTY = new Uint8Array(0)

export interface FragmentationOptions {
  /** Largest body that is sent in one piece. Bytes, default 102 400. Tomcat: `maxSize`. */
  readonly maxBytes?: number
  /** Pieces that wait longer for the others are dropped with the next heartbeat. Ms, default 60 000. Tomcat: `expire`. */
  readonly expireMs?: number
  /** Largest body that is put together, with 128 bytes more per piece; default 64 MiB. Tomcat has no limit. */
  readonly maxMessageBytes?: number
  /** Bytes of pieces that may wait for others, of all members; default 128 MiB. Tomcat has no limit. */
  readonly maxWaitingBytes?: number
  /** Bodies that may be incomplete, of all members; as many that are over are remembered. Default 1024. Tomcat has no limit. */
  readonly maxSets?: number
}

/** The pieces of one body. */
interface PieceSet extends Guest {
  readonly first: IncomingMessage
  readonly pieces: Map<number, Buffer>
  readonly count: number
}

/**
 * @throws ClusterError CLUSTER_OPTIONS
 * @example
 * createChannel({ interceptors: [fragmentation({ maxBytes: 64 * 1024 })] })
 */
export function fragmentation(options: FragmentationOptions = {}): Interceptor {
  checkLeast('fragmentation', options, { maxBytes: 1 })
  return new Fragmentation(options)
}

class Fragmentation implements Interceptor {
  readonly name = 'fragmentation'
  readonly #options: Required<FragmentationOptions>
  /** By message. */
  readonly #sets: WaitingRoom<PieceSet>
  /** Bodies that are over, at no bytes, for as long as their pieces would wait; beyond the limit the oldest is forgotten. */
  readonly #deliveredSets: WaitingRoom<Guest>
  readonly #refusedSets: WaitingRoom<Guest>
  #refused = 0
  #expired = 0
  #channel: ChannelContext | undefined
  #clock: Clock | undefined

  constructor(options: FragmentationOptions) {
    this.#options = {
      maxBytes: 102_400,
      expireMs: 60_000,
      maxMessageBytes: 64 * MIB,
      maxWaitingBytes: 128 * MIB,
      maxSets: 1024,
      ...options,
    }
    const { maxSets, maxWaitingBytes } = this.#options
    this.#sets = new WaitingRoom({ maxGuests: maxSets, maxBytes: maxWaitingBytes })
    this.#deliveredSets = new WaitingRoom({ maxGuests: maxSets, maxBytes: 0 })
    this.#refusedSets = new WaitingRoom({ maxGuests: maxSets, maxBytes: 0 })
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
    this.#clock = channel.clock
  }

  snapshot(): Record<string, number> {
    const { size, bytes } = this.#sets
    return { incomplete: size, waitingBytes: bytes, refused: this.#refused, expired: this.#expired }
  }

  async send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const { body } = message
    const { maxBytes } = this.#options
    if (body.length <= maxBytes) {
      const whole = Buffer.allocUnsafe(body.length + 1)
      whole.set(body)
      whole[body.length] = 0
      return next({ ...message, body: whole })
    }
    const count = Math.ceil(body.length / maxBytes)
    const sends: Promise<void>[] = []
    for (let index = 0; index < count; index++) {
      const slice = body.subarray(index * maxBytes, (index + 1) * maxBytes)
      const piece = Buffer.allocUnsafe(slice.length + TRAILER_BYTES)
      piece.set(slice)
      piece.writeInt32BE(index, slice.length)
      piece.writeInt32BE(count, slice.length + 4)
      piece[slice.length + 8] = 1
      sends.push(next({ ...message, body: piece }))
    }
    const failures = (await Promise.allSettled(sends)).flatMap((sent) =>
      sent.status === 'rejected' ? [sent.reason] : [],
    )
    if (failures.length > 0) throw failureOf(failures, message.to.length)
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    const { body } = message
    const kind = body[body.length - 1]
    if (kind === 0) {
      message.body = body.subarray(0, body.length - 1)
      return next(message)
    }
    if (kind !== 1 || body.length < TRAILER_BYTES) throw this.#refuse(message, 'CLUSTER_FRAGMENT', 'has no trailer')
    return this.#piece(message, next)
  }

  heartbeat(): void {
    const { expireMs } = this.#options
    const before = this.#clock!.monotonic() - expireMs
    this.#deliveredSets.takeOlder(before)
    this.#refusedSets.takeOlder(before)
    for (const { first, pieces, count } of this.#sets.takeOlder(before)) {
      this.#expired++
      const text = `${pieces.size} of ${count} pieces of a message came within ${expireMs} ms`
      this.#channel?.refused(this.name, first.sender, new ClusterError('CLUSTER_EXPIRED', text))
    }
  }

  #piece(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    const body = Buffer.from(message.body)
    const bytes = body.length - TRAILER_BYTES
    const index = body.readInt32BE(bytes)
    const count = body.readInt32BE(bytes + 4)
    const key = messageKey(message.sender, message.uniqueId)
    const set = this.#sets.get(key) ?? this.#newSet(message, count)
    if (bytes === 0 || index < 0 || index >= count || count !== set.count) {
      throw this.#refuse(message, 'CLUSTER_FRAGMENT', `is piece ${index} of ${count} with ${bytes} bytes`)
    }
    // A sender that is not sure sends again.
    if (set.pieces.has(index) || this.#deliveredSets.get(key) !== undefined) return true
    if (!this.#admits(key, set, bytes + PIECE_COST_BYTES)) {
      throw this.#refuse(message, 'CLUSTER_FRAGMENTS_FULL', `with ${count} pieces is over the limits`)
    }
    set.pieces.set(index, body.subarray(0, bytes))
    if (set.pieces.size < count) return true
    this.#end(key, this.#deliveredSets)
    return next({ ...set.first, body: joined(set) })
  }

  #newSet(message: IncomingMessage, count: number): PieceSet {
    const first = { ...message, uniqueId: Buffer.from(message.uniqueId), body: EMPTY }
    return { first, pieces: new Map(), count, since: this.#clock!.monotonic(), bytes: 0 }
  }

  /** Whether there is room for one more piece of so many bytes; if not, the set is refused for good. */
  #admits(key: string, set: PieceSet, bytes: number): boolean {
    if (this.#refusedSets.get(key) !== undefined) return false
    const isKnown = set.pieces.size > 0
    const fits = set.bytes + bytes <= this.#options.maxMessageBytes
    if (fits && (isKnown || this.#sets.enter(key, set)) && this.#sets.grow(set, bytes)) return true
    this.#end(key, this.#refusedSets)
    return false
  }

  #end(key: string, as: WaitingRoom<Guest>): void {
    this.#sets.leave(key)
    if (as.size >= this.#options.maxSets) as.dropOldest()
    as.enter(key, { since: this.#clock!.monotonic(), bytes: 0 })
  }

  #refuse(message: IncomingMessage, code: ClusterErrorCode, what: string): ClusterError {
    this.#refused++
    const error = new ClusterError(code, `a message of ${memberName(message.sender)} ${what}`)
    this.#channel?.refused(this.name, message.sender, error)
    return error
  }
}

/** Whoever misses a piece misses the message. */
function failureOf(failures: readonly unknown[], total: number): unknown {
  const faulty = new Map<string, FaultyMember>()
  for (const failure of failures) {
    // About no member in particular, so about all of them.
    if (!(failure instanceof ClusterError) || failure.faulty.length === 0) return failure
    for (const one of failure.faulty) if (!faulty.has(memberKey(one.member))) faulty.set(memberKey(one.member), one)
  }
  return sendFailure([...faulty.values()], total)
}

function joined({ pieces, count }: PieceSet): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => pieces.get(index)!))
}
