/**
 * A network inside one process, for tests of everything above the transport: deterministic, without sockets, and with a
 * troublemaker that drops, delays, doubles, cuts and kills. Each node's transport keeps the same contract as TCP's.
 */
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint } from '../member.ts'
import { MemoryTransport } from './memory-transport.ts'
import type { ProbeOutcome, Transport, TransportHandler, TransportOptions } from './transport.ts'

/** What happens to one frame on its way; nothing of it: it arrives. */
export interface Disturbance {
  readonly drop?: boolean
  /** It arrives twice. */
  readonly double?: boolean
  /** It arrives later, and frames behind it may overtake it. */
  readonly delayMs?: number
}

/** Asked for every frame; `from` and `to` are `address:port`. */
export type Troublemaker = (from: string, to: string, frame: Buffer) => Disturbance | undefined

const FIRST_FREE_PORT = 50_000

export class MemoryNetwork {
  readonly clock: Clock
  trouble: Troublemaker = () => undefined
  readonly #listening = new Map<string, { transport: MemoryTransport; handler: TransportHandler }>()
  readonly #cuts = new Set<string>()
  readonly #vanished = new Set<string>()
  #nextPort = FIRST_FREE_PORT

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Fits the `transport` option of a channel. */
  readonly transport = (options: TransportOptions): Transport => new MemoryTransport(this, options)

  /** No connection between two endpoints lives or comes up any more. */
  cut(a: Endpoint, b: Endpoint): void {
    const keys = [endpointKey(a), endpointKey(b)] as const
    this.#cuts.add(keys.join()).add([...keys].reverse().join())
    this.#listening.get(keys[0])?.transport.broken(keys[1])
    this.#listening.get(keys[1])?.transport.broken(keys[0])
  }

  heal(): void {
    this.#cuts.clear()
  }

  /** The process behind an endpoint is gone without a word, and with it all its connections. */
  kill(endpoint: Endpoint): void {
    const key = endpointKey(endpoint)
    this.#listening.get(key)?.transport.die()
    this.#leave(key)
  }

  /** The host behind an endpoint lost its power: nothing breaks, nothing answers. */
  vanish(endpoint: Endpoint): void {
    const key = endpointKey(endpoint)
    this.#listening.get(key)?.transport.die()
    this.#listening.delete(key)
    this.#vanished.add(key)
  }

  /** For transports: takes the first free port of the allowed ones and returns the key of the endpoint. */
  listen(transport: MemoryTransport, handler: TransportHandler, bind: TransportOptions['bind']): number {
    const first = bind.port === 0 ? this.#nextPort++ : bind.port
    for (let port = first; port < first + Math.max(1, bind.autoBind); port++) {
      const key = endpointKey({ host: bind.host, port })
      if (this.#listening.has(key)) continue
      this.#listening.set(key, { transport, handler })
      this.#vanished.delete(key)
      return port
    }
    throw new ClusterError('CLUSTER_PORT_IN_USE', `port ${first} and what follows are in use`)
  }

  /** For transports: stops listening; the links of others to this endpoint break. */
  leave(endpoint: Endpoint): void {
    this.#leave(endpointKey(endpoint))
  }

  /** For transports: what connecting finds. */
  reach(from: string, to: string): { outcome: ProbeOutcome; handler?: TransportHandler } {
    if (this.#cuts.has(`${from},${to}`) || this.#vanished.has(to)) return { outcome: 'silent' }
    const target = this.#listening.get(to)
    return target === undefined ? { outcome: 'dead' } : { outcome: 'alive', handler: target.handler }
  }

  #leave(key: string): void {
    if (!this.#listening.delete(key)) return
    for (const { transport } of this.#listening.values()) transport.broken(key)
  }
}
