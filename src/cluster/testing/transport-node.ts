/** A transport with a handler that writes down what it hears, for the shared cases of the transports. */
import { systemClock } from '../../clock/clock.ts'
import type { ClusterError } from '../errors.ts'
import { encodeFrame } from '../frame.ts'
import { createMember, type Endpoint, type Member } from '../member.ts'
import type { Transport, TransportHandler, TransportLimits, TransportOptions } from '../transport/transport.ts'
import { countingId } from './fixture.ts'

export const LOOPBACK = Uint8Array.of(127, 0, 0, 1)

export const TEST_LIMITS: TransportLimits = {
  maxFrameBytes: 4 * 1024 * 1024,
  maxQueuedBytesPerMember: 8 * 1024 * 1024,
  maxReceiveBytes: 8 * 1024 * 1024,
  maxConnections: 20,
  frameStallMs: 60_000,
}

export type NodeSettings = Partial<Omit<TransportOptions, 'bind' | 'limits'>> & {
  readonly bind?: Partial<TransportOptions['bind']>
  readonly limits?: Partial<TransportLimits>
}

export function testOptions(settings: NodeSettings = {}): TransportOptions {
  return {
    connectTimeoutMs: 30_000,
    timeoutMs: 30_000,
    ackConnections: 2,
    clock: systemClock,
    lateness: () => 0,
    ...settings,
    bind: { host: LOOPBACK, port: 0, autoBind: 1, ...settings.bind },
    limits: { ...TEST_LIMITS, ...settings.limits },
  }
}

/** What handles the frames of a node; the default acknowledges those that begin with `ack`. */
export type OnFrame = (text: string, reply: (frame: Buffer) => void, connection: number) => void | Promise<void>

export class TransportNode implements TransportHandler {
  readonly transport: Transport
  /** The text of each frame, in the order of handling. */
  readonly received: string[] = []
  readonly ups: Endpoint[] = []
  readonly downs: { to: Endpoint; cause: ClusterError; mayHaveLost: boolean }[] = []
  readonly doubts: { to: Endpoint; cause: ClusterError }[] = []
  readonly refusals: ClusterError[] = []
  greeting: Buffer | undefined
  onFrame: OnFrame = () => {}
  #member: Member | undefined
  #connections = 0

  constructor(transport: Transport) {
    this.transport = transport
  }

  async open(): Promise<this> {
    this.#member = memberAt(await this.transport.open(this))
    return this
  }

  get member(): Member {
    if (this.#member === undefined) throw new Error('the node is not open')
    return this.#member
  }

  /** Sends one text and resolves with its outcome. */
  send(to: TransportNode | Member, text: string | Buffer, wantsAck = false): Promise<ClusterError | undefined> {
    const member = to instanceof TransportNode ? to.member : to
    return new Promise((resolve) => {
      const outcome = { settled: (_to: Member, failure: ClusterError | undefined) => resolve(failure) }
      this.transport.send(member, encodeFrame(Buffer.from(text)), wantsAck, outcome)
    })
  }

  accepted(reply: (frame: Buffer) => void, welcome: () => void = () => {}) {
    const connection = this.#connections++
    return (data: Buffer) => {
      const text = data.toString('latin1')
      this.received.push(text)
      welcome()
      return this.onFrame(text, reply, connection)
    }
  }

  linkUp(to: Endpoint): Buffer | undefined {
    this.ups.push(to)
    return this.greeting
  }

  linkDown(to: Endpoint, cause: ClusterError, mayHaveLost: boolean): void {
    this.downs.push({ to, cause, mayHaveLost })
  }

  doubt(to: Endpoint, cause: ClusterError): void {
    this.doubts.push({ to, cause })
  }

  refused(_from: string, cause: ClusterError): void {
    this.refusals.push(cause)
  }
}

/** A member on loopback of which only the address matters. */
export function memberAt(port: number): Member {
  return createMember({ host: LOOPBACK, port, uniqueId: countingId(port) })
}
