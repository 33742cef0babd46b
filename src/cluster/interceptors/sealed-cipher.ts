/**
 * Messages between clowder members: sealed for one destination, and accepted there once (docs/adr/0015).
 *
 *   version: u8 = 1 | bound to: u8 | life: 16 bytes | counter: u48 | time: u48 ms | ciphertext | tag: 16 bytes
 *
 * A life is one run of one process. Its AES-256 key comes from the key of the cluster, the life and the name of the
 * cluster (HKDF, RFC 5869), and its counter is the nonce, so no nonce is used twice and none has to be drawn. Authenticated
 * with the body: the head above, the options, time and id of the message, what the sender says of itself, and whom it is
 * for. Against frames that were recorded before the receiver started, whose counters it cannot know, stands their time.
 */
import { createCipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { memberName, sameBytes } from '../identity.ts'
import { type Member, UNIQUE_ID_BYTES } from '../member.ts'
import { encodeMember } from '../member-packet.ts'
import { GCM_OPTIONS, NONCE_BYTES, openGcm, TAG_BYTES } from './aes-gcm.ts'
import type { IncomingMessage, OutgoingMessage } from './interceptor.ts'
import { ReplayWindow } from './replay-window.ts'

/** Processes that were heard since the start; beyond that the one that was silent longest is forgotten. */
export const MAX_LIVES = 128

const VERSION = 1
/** What a message is bound to. They travel on the wire: only append. */
const BOUND_TO = { ADDRESS: 0, MEMBER: 1 } as const
const LIFE = 2
const LIFE_BYTES = 16
const COUNTER = LIFE + LIFE_BYTES
const TIME = COUNTER + 6
const HEAD_BYTES = TIME + 6
/** What sealing adds to a body. */
export const SEAL_BYTES = HEAD_BYTES + TAG_BYTES

const AES = 'aes-256-gcm'
const AES_BYTES = 32

export interface SealedCipherOptions {
  readonly keys: readonly KeyObject[]
  /** Authenticated, so that clusters that share a key do not mix. */
  readonly clusterName: string
  readonly clock: Clock
  /** How far the clocks of members may be apart when one of them starts. */
  readonly clockToleranceMs: number
  readonly local: () => Member
  readonly randomBytes: (count: number) => Uint8Array
}

/** Whether a body has the form of a sealed one. */
export function isSealed(body: Uint8Array): boolean {
  return body.length >= SEAL_BYTES && body[0] === VERSION && body[1]! <= BOUND_TO.MEMBER
}

/** The key of one life, and the key of the cluster it comes from. */
interface LifeKey {
  readonly clusterKey: KeyObject
  readonly key: KeyObject
}

/** Another process, as far as its messages have told. */
interface Life {
  readonly window: ReplayWindow
  /** What opened its last message, unless the keys of the cluster have changed since. */
  good: LifeKey | undefined
  /** Of its newest message. */
  time: number
}

export class SealedCipher {
  readonly #options: SealedCipherOptions
  readonly #head = Buffer.alloc(HEAD_BYTES)
  readonly #nonce = Buffer.alloc(NONCE_BYTES)
  readonly #startedAt: number
  readonly #startedNow: number
  /** By their bytes as Latin-1. */
  readonly #lives = new Map<string, Life>()
  /** What each member says of itself, as authenticated. */
  readonly #packets = new WeakMap<Member, Buffer>()
  #keys: readonly KeyObject[]
  #ownKey: KeyObject
  #counter = 0
  #time = 0
  /** Messages of unknown lives must be younger: lives that were forgotten were heard until then. */
  #forgottenTime = 0

  constructor(options: SealedCipherOptions) {
    this.#options = options
    this.#startedAt = options.clock.monotonic()
    this.#startedNow = options.clock.now()
    this.#head[0] = VERSION
    this.#head.set(options.randomBytes(LIFE_BYTES), LIFE)
    this.#keys = options.keys
    this.#ownKey = this.#deriveOwn()
  }

  /** The first one seals, each of them opens. */
  setKeys(keys: readonly KeyObject[]): void {
    this.#keys = keys
    this.#ownKey = this.#deriveOwn()
    for (const life of this.#lives.values()) life.good = undefined
  }

  /** The body as it goes over the wire, for one member and no other. */
  seal(message: OutgoingMessage, to: Member): Buffer {
    const { body } = message
    const counter = this.#counter++
    const head = this.#head
    head[1] = sameBytes(to.uniqueId, NOBODY) ? BOUND_TO.ADDRESS : BOUND_TO.MEMBER
    head.writeUIntBE(counter, COUNTER, 6)
    head.writeUIntBE(this.#tick(), TIME, 6)
    const cipher = createCipheriv(AES, this.#ownKey, this.#nonceOf(counter), GCM_OPTIONS)
    cipher.setAAD(this.#associated(head, message, this.#options.local(), to))
    const sealed = Buffer.allocUnsafe(SEAL_BYTES + body.length)
    sealed.set(head)
    sealed.set(cipher.update(body), HEAD_BYTES)
    cipher.final()
    sealed.set(cipher.getAuthTag(), HEAD_BYTES + body.length)
    return sealed
  }

  /** @throws ClusterError CLUSTER_DECRYPT, CLUSTER_REPLAYED or CLUSTER_STALE */
  open(message: IncomingMessage): Buffer {
    const { sender } = message
    const body = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.length)
    if (!isSealed(body)) throw unreadable(sender)
    const name = body.toString('latin1', LIFE, COUNTER)
    const known = this.#lives.get(name)
    const { opened, good } = this.#decrypt(message, body, known?.good)
    const time = body.readUIntBE(TIME, 6)
    this.#checkAge(time, known === undefined, sender)
    const life = known ?? this.#remember(name)
    life.good = good
    if (!life.window.accept(body.readUIntBE(COUNTER, 6))) {
      throw new ClusterError('CLUSTER_REPLAYED', `a message of ${memberName(sender)} came again`)
    }
    if (time > life.time) life.time = time
    return opened
  }

  /** All ways to fail look the same. */
  #decrypt(message: IncomingMessage, body: Buffer, good: LifeKey | undefined): { opened: Buffer; good: LifeKey } {
    const local = this.#options.local()
    const to = body[1] === BOUND_TO.MEMBER ? local : { ...local, uniqueId: NOBODY }
    const associated = this.#associated(body.subarray(0, HEAD_BYTES), message, message.sender, to)
    if (good !== undefined) {
      const opened = this.#decryptWith(good.key, body, associated)
      if (opened !== undefined) return { opened, good }
    }
    for (const clusterKey of this.#keys) {
      if (clusterKey === good?.clusterKey) continue
      const key = this.#derive(clusterKey, body.subarray(LIFE, COUNTER))
      const opened = this.#decryptWith(key, body, associated)
      if (opened !== undefined) return { opened, good: { clusterKey, key } }
    }
    throw unreadable(message.sender)
  }

  #decryptWith(key: KeyObject, body: Buffer, associated: Buffer): Buffer | undefined {
    const nonce = this.#nonceOf(body.readUIntBE(COUNTER, 6))
    const text = body.subarray(HEAD_BYTES, body.length - TAG_BYTES)
    return openGcm(key, nonce, text, body.subarray(body.length - TAG_BYTES), associated)
  }

  /** Refuses what was sealed before this node can have been its destination, or before lives that were forgotten. */
  #checkAge(time: number, isUnknown: boolean, sender: Member): void {
    const { clock, clockToleranceMs } = this.#options
    // Where the clock was set since the start, so was the time of the start.
    const started = clock.now() - (clock.monotonic() - this.#startedAt)
    if (time < started - clockToleranceMs || (isUnknown && time <= this.#forgottenTime)) {
      const seconds = Math.round((started - time) / 1000)
      const message = `a message of ${memberName(sender)} is ${seconds} s older than this node, by the two clocks`
      throw new ClusterError('CLUSTER_STALE', message)
    }
  }

  #remember(name: string): Life {
    if (this.#lives.size >= MAX_LIVES) this.#forgetOne()
    const life: Life = { window: new ReplayWindow(), good: undefined, time: 0 }
    this.#lives.set(name, life)
    return life
  }

  #forgetOne(): void {
    let oldest: [string, Life] | undefined
    for (const entry of this.#lives) if (oldest === undefined || entry[1].time < oldest[1].time) oldest = entry
    if (oldest === undefined) return
    this.#lives.delete(oldest[0])
    this.#forgottenTime = Math.max(this.#forgottenTime, oldest[1].time)
  }

  /** The clock of this node; where that is set back, the time since the start goes on. */
  #tick(): number {
    const { clock } = this.#options
    const passed = this.#startedNow + clock.monotonic() - this.#startedAt
    this.#time = Math.floor(Math.max(this.#time, clock.now(), passed))
    return this.#time
  }

  #nonceOf(counter: number): Buffer {
    this.#nonce.writeUIntBE(counter, NONCE_BYTES - 6, 6)
    return this.#nonce
  }

  #deriveOwn(): KeyObject {
    return this.#derive(this.#keys[0]!, this.#head.subarray(LIFE, COUNTER))
  }

  #derive(clusterKey: KeyObject, life: Uint8Array): KeyObject {
    const info = `clowder channel ${VERSION}/${this.#options.clusterName}`
    return createSecretKey(Buffer.from(hkdfSync('sha256', clusterKey, life, info, AES_BYTES)))
  }

  /** head | options: i32 | timestamp: f64 | id | port: u16 | host length: u8 | host | unique id | sender: member packet */
  #associated(
    head: Buffer,
    message: Pick<OutgoingMessage, 'options' | 'timestamp' | 'uniqueId'>,
    sender: Member,
    to: Member,
  ): Buffer {
    const packet = this.#packetOf(sender)
    const hostBytes = to.host.length
    const bytes = Buffer.allocUnsafe(HEAD_BYTES + 12 + 2 * UNIQUE_ID_BYTES + 3 + hostBytes + packet.length)
    bytes.set(head)
    let at = bytes.writeInt32BE(message.options | 0, HEAD_BYTES)
    at = bytes.writeDoubleBE(Math.floor(message.timestamp), at)
    bytes.set(message.uniqueId, at)
    at = bytes.writeUInt16BE(to.port, at + UNIQUE_ID_BYTES)
    at = bytes.writeUInt8(hostBytes, at)
    bytes.set(to.host, at)
    bytes.set(to.uniqueId, at + hostBytes)
    bytes.set(packet, at + hostBytes + UNIQUE_ID_BYTES)
    return bytes
  }

  #packetOf(member: Member): Buffer {
    let packet = this.#packets.get(member)
    if (packet === undefined) {
      packet = encodeMember(member)
      this.#packets.set(member, packet)
    }
    return packet
  }
}

const NOBODY = new Uint8Array(UNIQUE_ID_BYTES)

function unreadable(sender: Member): ClusterError {
  return new ClusterError('CLUSTER_DECRYPT', `no key opens a message that says it is from ${memberName(sender)}`)
}
