/**
 * What all AJP connections of one worker share: its options as they are now, the packet writer, and the part of every
 * request that is the worker's own. Nothing here belongs to one request.
 */
import { assembleForwardRequest, type ForwardOptions, PacketWriter, type WorkerSection } from '../ajp/index.ts'
import type { Clock } from '../clock/clock.ts'
import { withUser, workerSection } from './ajp-request.ts'
import { DateLine } from './date-line.ts'
import type { Deadlines } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import { HeldAnswers } from './held-answers.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'

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
  #balanced: WorkerSection
  #alone: WorkerSection

  constructor(options: ResolvedEndpointWorker, clock: Clock, deadlines: Deadlines) {
    this.options = options
    this.held = new HeldAnswers(clock)
    this.dates = new DateLine(clock, deadlines)
    this.writer = new PacketWriter(options.maxPacketSize)
    this.#forwardOptions = forwardOptions(options)
    this.#balanced = workerSection(options, true)
    this.#alone = workerSection(options, false)
  }

  /** From here on, for connections that are there, too; the packet size is that of requests only. */
  reconfigure(options: ResolvedEndpointWorker): void {
    this.options = options
    if (options.maxPacketSize !== this.writer.packetBytes) this.writer = new PacketWriter(options.maxPacketSize)
    this.#forwardOptions = forwardOptions(options)
    this.#balanced = workerSection(options, true)
    this.#alone = workerSection(options, false)
  }

  /** Puts FORWARD_REQUEST into the writer, or throws and leaves it empty. */
  writeRequest({ method, minor, forwardTarget, forwarded, lbState, user }: Exchange): void {
    // After a mistake of ours it may hold what was meant for another connection, which must never get onto this one.
    this.writer.reset()
    const query = forwardTarget.indexOf('?')
    const request = {
      method,
      protocol: PROTOCOLS[minor],
      uri: query === -1 ? forwardTarget : forwardTarget.slice(0, query),
      queryString: query === -1 ? null : forwardTarget.slice(query + 1),
    }
    const shared = lbState === undefined ? this.#alone : this.#balanced
    const section = user === undefined ? shared : withUser(shared, user)
    assembleForwardRequest(this.writer, request, forwarded.ajp, section, this.#forwardOptions)
  }
}

function forwardOptions({ maxHeaderCount, namesDeleteAndPropfind }: ResolvedEndpointWorker): ForwardOptions {
  return { maxHeaders: maxHeaderCount, namesDeleteAndPropfind }
}
