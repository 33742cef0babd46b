/**
 * Messages as Tomcat encrypts them (`EncryptInterceptor` with `AES/GCM/NoPadding`, from 10.1.56 on; tomcat-cluster.md 8.1).
 *
 *   nonce: 12 bytes | AES-GCM of (timestamp: i64 ms | body) | tag: 16 bytes
 *
 * The key is used as it is. What stands before the body in a frame - options, id and sender - is not authenticated, and
 * replays are told by time and nonce alone.
 */
import { createCipheriv, type KeyObject } from 'node:crypto'
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { memberName } from '../identity.ts'
import type { Member } from '../member.ts'
import { GCM_OPTIONS, gcmOf, NONCE_BYTES, openGcm, TAG_BYTES } from './aes-gcm.ts'
import type { IncomingMessage, OutgoingMessage } from './interceptor.ts'

/** Nonces that are remembered (Tomcat: `replayWindowMessageCount`). */
export const REPLAY_MESSAGES = 8192

const TIMESTAMP_BYTES = 8
const TWO_TO_32 = 0x1_0000_0000

export interface TomcatCipherOptions {
  readonly keys: readonly KeyObject[]
  readonly clock: Clock
  /** Difference of the clocks that is accepted, both ways (Tomcat: `replayWindowTime`). */
  readonly clockToleranceMs: number
  /** Tomcat: `replayWindowMessageCount`. */
  readonly replayMessages: number
  readonly randomBytes: (count: number) => Uint8Array
}

export class TomcatCipher {
  readonly #options: TomcatCipherOptions
  #keys: readonly KeyObject[]
  /** Nonces as Latin-1 with the time of their message; the oldest to arrive is the first. */
  readonly #seen = new Map<string, number>()
  /** Messages up to here may have been seen and forgotten. */
  #forgotten = 0

  constructor(options: TomcatCipherOptions) {
    this.#options = options
    this.#keys = options.keys
  }

  /** The first one seals, each of them opens. */
  setKeys(keys: readonly KeyObject[]): void {
    this.#keys = keys
  }

  seal({ body, timestamp }: OutgoingMessage): Buffer {
    const key = this.#keys[0]!
    const nonce = this.#options.randomBytes(NONCE_BYTES)
    const time = timestamp > 0 ? timestamp : this.#options.clock.now()
    const stamp = Buffer.allocUnsafe(TIMESTAMP_BYTES)
    stamp.writeInt32BE(Math.floor(time / TWO_TO_32))
    stamp.writeUInt32BE(time >>> 0, 4)
    const cipher = createCipheriv(gcmOf(key), key, nonce, GCM_OPTIONS)
    const sealed = Buffer.allocUnsafe(NONCE_BYTES + TIMESTAMP_BYTES + body.length + TAG_BYTES)
    sealed.set(nonce)
    sealed.set(cipher.update(stamp), NONCE_BYTES)
    sealed.set(cipher.update(body), NONCE_BYTES + TIMESTAMP_BYTES)
    cipher.final()
    sealed.set(cipher.getAuthTag(), sealed.length - TAG_BYTES)
    return sealed
  }

  /** @throws ClusterError CLUSTER_DECRYPT, CLUSTER_REPLAYED or CLUSTER_STALE */
  open({ sender, body }: IncomingMessage): Buffer {
    const opened = this.#decrypt(body)
    if (opened === undefined) {
      const message = `no key opens a message that says it is from ${memberName(sender)}`
      throw new ClusterError('CLUSTER_DECRYPT', message)
    }
    const time = opened.readInt32BE() * TWO_TO_32 + opened.readUInt32BE(4)
    this.#remember(Buffer.from(body.subarray(0, NONCE_BYTES)).toString('latin1'), time, sender)
    return opened.subarray(TIMESTAMP_BYTES)
  }

  #decrypt(body: Uint8Array): Buffer | undefined {
    if (body.length < NONCE_BYTES + TIMESTAMP_BYTES + TAG_BYTES) return undefined
    const [nonce, tag] = [body.subarray(0, NONCE_BYTES), body.subarray(body.length - TAG_BYTES)]
    const text = body.subarray(NONCE_BYTES, body.length - TAG_BYTES)
    for (const key of this.#keys) {
      const opened = openGcm(key, nonce, text, tag)
      if (opened !== undefined) return opened
    }
    return undefined
  }

  /** The checks of Tomcat in their order. */
  #remember(nonce: string, time: number, sender: Member): void {
    const { clock, clockToleranceMs, replayMessages } = this.#options
    const apart = Math.abs(clock.now() - time)
    if (!(apart <= clockToleranceMs)) {
      const message = `the time of a message of ${memberName(sender)} is ${Math.round(apart / 1000)} s away from this node's`
      throw new ClusterError('CLUSTER_STALE', message)
    }
    if (time <= this.#forgotten || this.#seen.has(nonce)) {
      throw new ClusterError('CLUSTER_REPLAYED', `a message of ${memberName(sender)} came again, or too late`)
    }
    this.#seen.set(nonce, time)
    for (const [oldest, itsTime] of this.#seen) {
      if (this.#seen.size <= replayMessages) break
      this.#seen.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, itsTime)
    }
  }
}
