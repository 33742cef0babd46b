/**
 * What a jk-status request asks for, and whether it gets it (mod_jk.md 7.1 to 7.3). Every status worker is read-only as
 * yet: commands that would change something are answered as a worker with `read_only` answers them.
 */
import type { BalancerSnapshot, EndpointSnapshot, LbSnapshot, MemberSnapshot } from '../balancer/snapshot.ts'
import { type Parameters, parseQuery } from './query.ts'

/** Bits of `opt`. */
export const HIDE = {
  members: 0x0001,
  mounts: 0x0002,
  legend: 0x0004,
  lbs: 0x0008,
  endpoints: 0x0010,
  lbConfiguration: 0x0040,
  lbSummary: 0x0080,
  endpointConfiguration: 0x0100,
} as const

/** Messages of mod_jk; scripts compare them. */
export const messages = {
  done: 'Action finished',
  readOnly: 'This command is not allowed in read only mode.',
  unknownCommand: 'Invalid command.',
  unknownMime: 'Invalid mime type.',
  malformed: 'Error during parsing of URI',
  noWorker: 'NULL or EMPTY worker param',
  noMember: 'EMPTY sub worker param',
  unknownWorker: 'Could not find given worker',
  unknownMember: 'could not find sub worker',
  noMembers: 'worker type has no sub workers',
  wildcard: 'wildcard not allowed in sub worker for this command',
  noDump: 'Dumping configuration failed',
} as const

/** `unknown` also stands for mod_jk's `xml` and `prop`, which are not written yet. */
export type Format = 'html' | 'txt' | 'unknown'

export interface StatusCommand {
  readonly name: 'list' | 'show' | 'version'
  readonly format: Format
  /** The one worker that is asked for. */
  readonly worker: string | undefined
  readonly lbs: readonly LbSnapshot[]
  readonly endpoints: readonly EndpointSnapshot[]
  /** The one member that is asked for. */
  readonly member: MemberSnapshot | undefined
  readonly options: number
  /** Seconds between reloads of the page; 0 = none. */
  readonly refreshSeconds: number
}

export interface StatusRefusal {
  readonly format: Format
  readonly message: string
}

/** Longest time between reloads. */
export const MAX_REFRESH_SECONDS = 86_400

const CHANGING: ReadonlySet<string> = new Set(['edit', 'update', 'reset', 'recover'])
const READING: ReadonlySet<string> = new Set(['list', 'show', 'version', 'dump'])

export function readCommand(query: string, snapshot: BalancerSnapshot): StatusCommand | StatusRefusal {
  const parameters = parseQuery(query)
  const { values } = parameters
  const format = formatOf(values.get('mime') ?? 'html')
  const name = values.get('cmd') ?? 'list'
  const message = refusalOf(name, format, parameters)
  if (message !== undefined) return { format, message }

  const base = {
    format,
    worker: undefined,
    member: undefined,
    options: wholeNumber(values.get('opt'), 0xffff),
    refreshSeconds: wholeNumber(values.get('re'), MAX_REFRESH_SECONDS),
  }
  if (name === 'version') return { ...base, name, lbs: [], endpoints: [] }
  if (name === 'show') {
    const shown = findWorker(values.get('w'), values.get('sw'), snapshot)
    return typeof shown === 'string' ? { format, message: shown } : { ...base, name, ...shown }
  }
  return {
    ...base,
    name: 'list',
    lbs: snapshot.workers.filter((worker) => worker.kind === 'lb'),
    endpoints: snapshot.workers.filter((worker) => worker.kind === 'endpoint'),
  }
}

/** In mod_jk's order: what is wrong first is said, and nothing else. */
function refusalOf(name: string, format: Format, { isMalformed }: Parameters): string | undefined {
  if (isMalformed) return messages.malformed
  if (CHANGING.has(name)) return messages.readOnly
  if (!READING.has(name)) return messages.unknownCommand
  if (format === 'unknown') return messages.unknownMime
  return name === 'dump' ? messages.noDump : undefined
}

function formatOf(mime: string): Format {
  return mime === 'html' || mime === 'txt' ? mime : 'unknown'
}

type Shown = Pick<StatusCommand, 'worker' | 'lbs' | 'endpoints' | 'member'>

/** A status worker is found and has nothing to show. */
function findWorker(name = '', memberName: string | undefined, { workers }: BalancerSnapshot): Shown | string {
  if (name === '') return messages.noWorker
  if (memberName === '') return messages.noMember
  const worker = workers.find((each) => each.name === name)
  if (worker === undefined) return messages.unknownWorker
  if (memberName === undefined) {
    return {
      worker: name,
      lbs: worker.kind === 'lb' ? [worker] : [],
      endpoints: worker.kind === 'endpoint' ? [worker] : [],
      member: undefined,
    }
  }
  if (worker.kind !== 'lb') return messages.noMembers
  if (/[*?]/.test(memberName)) return messages.wildcard
  const member = worker.members.find((each) => each.name === memberName)
  return member === undefined ? messages.unknownMember : { worker: name, lbs: [worker], endpoints: [], member }
}

/** Anything but a whole number up to `most` is 0. */
function wholeNumber(text: string | undefined, most: number): number {
  if (text === undefined || !/^\d{1,6}$/.test(text)) return 0
  return Math.min(Number(text), most)
}
