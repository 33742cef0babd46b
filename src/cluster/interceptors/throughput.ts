/** Counts what passes, and tells every so many messages (Tomcat `ThroughputInterceptor`). Where it stands decides what it counts. */
import type { Clock } from '../../clock/clock.ts'
import type { ThroughputReport } from '../events.ts'
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

export interface ThroughputOptions {
  /** Messages, sent and received together, between two reports; default 10 000. Tomcat: `interval`. */
  readonly interval?: number
}

/**
 * @throws ClusterError CLUSTER_OPTIONS
 * @example
 * const channel = createChannel({ interceptors: [throughput({ interval: 1000 })] })
 * channel.on('event', (event) => event.type === 'throughput' && console.log(event.report))
 */
export function throughput({ interval = 10_000 }: ThroughputOptions = {}): Interceptor {
  checkLeast('throughput', { interval }, { interval: 1 })
  return new Throughput(interval)
}

class Throughput implements Interceptor {
  readonly name = 'throughput'
  readonly #interval: number
  #channel: ChannelContext | undefined
  #clock: Clock | undefined
  #since = 0
  #sent = 0
  #sentBytes = 0
  #failed = 0
  #received = 0
  #receivedBytes = 0
  /** At the last report: messages, and bytes. */
  #reported = 0
  #reportedBytes = 0

  constructor(interval: number) {
    this.#interval = interval
  }

  attach({ channel }: Neighbours): void {
    this.#channel = channel
    this.#clock = channel.clock
    this.#since = channel.clock.monotonic()
  }

  snapshot(): Record<string, number> {
    return { ...this.#totals() }
  }

  send(message: OutgoingMessage, next: SendNext): Promise<void> {
    this.#sent++
    this.#sentBytes += message.body.length * message.to.length
    this.#look()
    const sent = next(message)
    sent.catch(() => {
      this.#failed++
    })
    return sent
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    this.#received++
    this.#receivedBytes += message.body.length
    this.#look()
    return next(message)
  }

  #look(): void {
    const messages = this.#sent + this.#received
    if (messages - this.#reported < this.#interval) return
    const now = this.#clock!.monotonic()
    const seconds = (now - this.#since) / 1000
    const bytes = this.#sentBytes + this.#receivedBytes
    const per = (count: number) => (seconds > 0 ? Math.round(count / seconds) : 0)
    const report: ThroughputReport = {
      ...this.#totals(),
      messagesPerSecond: per(messages - this.#reported),
      bytesPerSecond: per(bytes - this.#reportedBytes),
    }
    this.#reported = messages
    this.#reportedBytes = bytes
    this.#since = now
    this.#channel?.emit({ type: 'throughput', report })
  }

  #totals() {
    return {
      sent: this.#sent,
      sentBytes: this.#sentBytes,
      failed: this.#failed,
      received: this.#received,
      receivedBytes: this.#receivedBytes,
    }
  }
}
