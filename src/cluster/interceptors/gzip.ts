/**
 * Compresses bodies (Tomcat `GzipInterceptor`; tomcat-cluster.md 4.6): a gzip stream in place of the body, told by a bit of
 * the options. Small bodies are done at once, large ones beside the event loop; messages stay in order all the same.
 */
import { promisify } from 'node:util'
import { gunzip, gunzipSync, gzip as gzipAsync, gzipSync } from 'node:zlib'
import { SEND } from '../channel.ts'
import { ClusterError } from '../errors.ts'
import { memberName } from '../identity.ts'
import type {
  ChannelContext,
  IncomingMessage,
  Interceptor,
  Neighbours,
  OutgoingMessage,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'

/** Bodies up to here are done at once: well under a millisecond. */
const AT_ONCE_BYTES = 16 * 1024
/** What is done at once may inflate to this much; deflate makes up to a thousand times as much of hostile bytes. */
const INFLATED_AT_ONCE_BYTES = 256 * 1024
const CHANNEL_BITS = Object.values(SEND).reduce((bits, bit) => bits | bit, 0)
const compress = promisify(gzipAsync)
const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip)

export interface GzipOptions {
  /** Bodies up to this size stay as they are. Bytes, default 0. Tomcat: `compressionMinSize`. */
  readonly minBytes?: number
  /** Bit of the options that marks compressed messages; default 256. Tomcat: `optionFlag`. */
  readonly optionFlag?: number
  /** Largest body that is inflated; default the channel's largest frame. Tomcat has no limit. */
  readonly maxInflatedBytes?: number
  /** Bytes that may wait to be compressed; default 64 MiB. Beyond that a send fails. */
  readonly maxWaitingBytes?: number
}

/**
 * @throws ClusterError CLUSTER_OPTIONS
 * @example
 * createChannel({ interceptors: [gzip({ minBytes: 1024 })] })
 */
export function gzip(options: GzipOptions = {}): Interceptor {
  checkFlag(options)
  return new Gzip(options)
}

/** Without a bit of its own among the 32 of a header, what is compressed would not be inflated, or what is not would be. */
function checkFlag({ optionFlag = 256 }: GzipOptions): void {
  if ((optionFlag | 0) === optionFlag && optionFlag > 0 && (optionFlag & CHANNEL_BITS) === 0) return
  const complaint = `gzip: optionFlag is ${optionFlag}, which must be a bit from 16 to 2^30`
  throw new ClusterError('CLUSTER_OPTIONS', complaint, { complaints: [complaint] })
}

class Gzip implements Interceptor {
  readonly name = 'gzip'
  readonly #minBytes: number
  readonly #flag: number
  readonly #maxWaitingBytes: number
  #maxInflatedBytes: number
  #channel: ChannelContext | undefined
  /** Settles when everything before is compressed and handed on; undefined: nothing waits. */
  #tail: Promise<unknown> | undefined
  #waitingBytes = 0
  #before = 0
  #after = 0
  #refused = 0

  constructor({
    minBytes = 0,
    optionFlag = 256,
    maxInflatedBytes = 0,
    maxWaitingBytes = 64 * 1024 * 1024,
  }: GzipOptions) {
    this.#minBytes = minBytes
    this.#flag = optionFlag
    this.#maxInflatedBytes = maxInflatedBytes
    this.#maxWaitingBytes = maxWaitingBytes
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
    if (this.#maxInflatedBytes <= 0) this.#maxInflatedBytes = channel.maxFrameBytes
  }

  snapshot(): Record<string, number> {
    return {
      bytesBefore: this.#before,
      bytesAfter: this.#after,
      waitingBytes: this.#waitingBytes,
      refused: this.#refused,
    }
  }

  /** What was sent before is handed on before the layers below say goodbye. */
  async stop(): Promise<void> {
    try {
      await this.#tail
    } catch {
      // Its sender is told.
    }
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    const { body } = message
    const isLarge = body.length > AT_ONCE_BYTES && body.length > this.#minBytes
    if (this.#tail !== undefined || isLarge) return this.#sendInTurn(message, next)
    return next(body.length > this.#minBytes ? this.#compressed(message, gzipSync(body)) : message)
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    if ((message.options & this.#flag) === 0) return next(message)
    if (message.body.length > AT_ONCE_BYTES) return this.#receiveLater(message, next)
    const maxOutputLength = Math.min(INFLATED_AT_ONCE_BYTES, this.#maxInflatedBytes)
    try {
      message.body = gunzipSync(message.body, { maxOutputLength })
    } catch (error) {
      if (isTooLarge(error) && maxOutputLength < this.#maxInflatedBytes) return this.#receiveLater(message, next)
      throw this.#refuse(message, error)
    }
    message.options &= ~this.#flag
    return next(message)
  }

  /** The next frame of the connection waits for it, which keeps the order. */
  async #receiveLater(message: IncomingMessage, next: ReceiveNext): Promise<boolean> {
    try {
      message.body = await inflate(message.body, { maxOutputLength: this.#maxInflatedBytes })
    } catch (error) {
      throw this.#refuse(message, error)
    }
    message.options &= ~this.#flag
    return next(message)
  }

  #sendInTurn(message: OutgoingMessage, next: SendNext): Promise<void> {
    const bytes = message.body.length
    if (this.#waitingBytes + bytes > this.#maxWaitingBytes) {
      const text = `${bytes} bytes more than the ${this.#waitingBytes} that wait to be compressed are over the limit`
      return Promise.reject(new ClusterError('CLUSTER_DISPATCH_FULL', text))
    }
    this.#waitingBytes += bytes
    const before = this.#tail
    // The caller may use the body again when send has returned.
    const own = { ...message, body: Buffer.from(message.body) }
    const ready = bytes > this.#minBytes ? compress(own.body).then((packed) => this.#compressed(own, packed)) : own
    const handOn = async (): Promise<{ sent: Promise<void> }> => {
      const [, turn] = await Promise.allSettled([before, ready])
      this.#waitingBytes -= bytes
      if (turn.status === 'rejected') throw turn.reason
      return { sent: next(turn.value) }
    }
    // What the next in line waits for is that this one was handed on, not that it was sent.
    const turn = handOn()
    this.#tail = turn
    const over = () => {
      if (this.#tail === turn) this.#tail = undefined
    }
    turn.then(over, over)
    return turn.then(({ sent }) => sent)
  }

  /** As it is where compressing does not help. */
  #compressed(message: OutgoingMessage, packed: Buffer): OutgoingMessage {
    const { body, options } = message
    const helps = packed.length < body.length
    this.#before += body.length
    this.#after += helps ? packed.length : body.length
    return helps ? { ...message, body: packed, options: options | this.#flag } : message
  }

  #refuse(message: IncomingMessage, cause: unknown): ClusterError {
    const from = memberName(message.sender)
    const error = isTooLarge(cause)
      ? new ClusterError(
          'CLUSTER_INFLATED_TOO_LARGE',
          `${message.body.length} bytes of ${from} inflate to more than maxInflatedBytes (${this.#maxInflatedBytes})`,
        )
      : new ClusterError('CLUSTER_GZIP', `a compressed message of ${from} cannot be inflated`, { cause })
    this.#refused++
    this.#channel?.refused(this.name, message.sender, error)
    return error
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
}
