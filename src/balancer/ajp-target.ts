/**
 * What all AJP connections of one worker share: its options as they are now, the packet writer, and the part of every
 * request that is the worker's own. Nothing here belongs to one request.
 */
import { assembleForwardRequest, type ForwardOptions, PacketWriter, type WorkerSection } from '../ajp/index.ts'
import type { Clock } from '../clock/clock.ts'
import { withRoute, withTold, workerSection } from './ajp-request.ts'
import { DateLine } from './date-line.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { HeldAnswers } from './held-answers.ts'
import type { Activation } from './options.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'
import type { LbState } from './serve-lb.ts'

const PROTOCOLS = ['HTTP/1.0', 'HTTP/1.1'] as const

export class AjpTarget {
  options: ResolvedEndpointWorker
  /**
   * Empty between uses: whoever writes sends in the same turn. One for all connections, since no two of them write at
   * the same time.
   */
  writer: PacketWriter
  readonly held: HeldAnswers
  readonly dates: DateLine
  #forwardOptions: ForwardOptions
  /** As a member, by activation and for the route of who asked last: a worker may be a member of several balancers. */
  #balanced: Partial<Record<Activation, { readonly route: string; readonly section: WorkerSection }>> = {}
  #alone: WorkerSection

  constructor(options: ResolvedEndpointWorker, clock: Clock, deadlines: Deadlines) {
    this.options = options
    this.held = new HeldAnswers(clock)
    this.dates = new DateLine(clock, deadlines)
    this.writer = new PacketWriter(options.maxPacketSize)
    this.#forwardOptions = forwardOptions(options)
    this.#alone = workerSection(options, false)
  }

  /** From here on, for connections that are there, too; the packet size is that of requests only. */
  reconfigure(options: ResolvedEndpointWorker): void {
    this.options = options
    if (options.maxPacketSize !== this.writer.packetBytes) this.writer = new PacketWriter(options.maxPacketSize)
    this.#forwardOptions = forwardOptions(options)
    this.#balanced = {}
    this.#alone = workerSection(options, false)
  }

  /** Puts FORWARD_REQUEST into the writer, or throws and leaves it empty. */
  writeRequest({ method, minor, forwardTarget, forwarded, lbState, overrides, user }: Exchange): void {
    // After a mistake of ours it may hold what was meant for another connection, which must never get onto this one.
    this.writer.reset()
    const query = forwardTarget.indexOf('?')
    const request = {
      method,
      protocol: PROTOCOLS[minor],
      uri: query === -1 ? forwardTarget : forwardTarget.slice(0, query),
      queryString: query === -1 ? null : forwardTarget.slice(query + 1),
    }
    const told = overrides?.told
    let section = lbState === undefined ? this.#alone : this.#memberSection(lbState)
    if (lbState === undefined && overrides?.route !== undefined) section = withRoute(section, overrides.route)
    if (user !== undefined || told !== undefined) section = withTold(section, user, told)
    const client = told === undefined ? forwarded.ajp : forwarded.ajpTelling(told)
    assembleForwardRequest(this.writer, request, client, section, this.#forwardOptions)
  }

  /** Route and activation are those of the member in this balancer, for this request. */
  #memberSection({ member, request: { activations } }: LbState): WorkerSection {
    const { name, options } = member!
    const activation = activations?.get(name) ?? options.activation
    const known = this.#balanced[activation]
    if (known !== undefined && known.route === options.route) return known.section
    const section = workerSection({ secret: this.options.secret, route: options.route, activation }, true)
    this.#balanced[activation] = { route: options.route, section }
    return section
  }
}

function forwardOptions({ maxHeaderCount, namesDeleteAndPropfind }: ResolvedEndpointWorker): ForwardOptions {
  return { maxHeaders: maxHeaderCount, namesDeleteAndPropfind }
}
