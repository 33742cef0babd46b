/**
 * What all AJP connections of one worker share: its options as they are now, the packet writer, and the part of every
 * request that is the worker's own. Nothing here belongs to one request.
 */
import { type ForwardOptions, PacketWriter, type WorkerSection } from '../ajp/index.ts'
import type { Clock } from '../clock/clock.ts'
import { workerSection } from './ajp-request.ts'
import { DateLine } from './date-line.ts'
import type { Deadlines } from './deadlines.ts'
import { HeldAnswers } from './held-answers.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'

export class AjpTarget {
  options: ResolvedEndpointWorker
  /**
   * Empty between uses: whoever writes sends in the same turn. One for all connections, since no two of them write at
   * the same time.
   */
  writer: PacketWriter
  forwardOptions: ForwardOptions
  readonly held: HeldAnswers
  readonly dates: DateLine
  #balanced: WorkerSection
  #alone: WorkerSection

  constructor(options: ResolvedEndpointWorker, clock: Clock, deadlines: Deadlines) {
    this.options = options
    this.held = new HeldAnswers(clock)
    this.dates = new DateLine(clock, deadlines)
    this.writer = new PacketWriter(options.maxPacketSize)
    this.forwardOptions = forwardOptions(options)
    this.#balanced = workerSection(options, true)
    this.#alone = workerSection(options, false)
  }

  /** From here on, for connections that are there, too; the packet size is that of requests only. */
  reconfigure(options: ResolvedEndpointWorker): void {
    this.options = options
    if (options.maxPacketSize !== this.writer.packetBytes) this.writer = new PacketWriter(options.maxPacketSize)
    this.forwardOptions = forwardOptions(options)
    this.#balanced = workerSection(options, true)
    this.#alone = workerSection(options, false)
  }

  section(isBalanced: boolean): WorkerSection {
    return isBalanced ? this.#balanced : this.#alone
  }
}

function forwardOptions({ maxHeaderCount, namesDeleteAndPropfind }: ResolvedEndpointWorker): ForwardOptions {
  return { maxHeaders: maxHeaderCount, namesDeleteAndPropfind }
}
