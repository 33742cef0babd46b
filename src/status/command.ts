/** What a jk-status request asks for, and whether it gets it (mod_jk.md 7.1 to 7.3). Pure: nothing is done here. */
import type { Edit } from '../balancer/edit-types.ts'
import type { BalancerSnapshot, EndpointSnapshot, LbSnapshot, MemberSnapshot } from '../balancer/snapshot.ts'
import { messages } from './messages.ts'
import { attributeParameters, type Parameter } from './parameters.ts'
import { type Parameters, parseQuery } from './query.ts'
import { findMembers, recoverEdits, resetEdits, updateEdits } from './update.ts'

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
/** The bit of `opt` that makes one request read-only: a help against slips, since whoever asks decides. */
export const READ_ONLY = 0x0020

/** Longest time between reloads. */
export const MAX_REFRESH_SECONDS = 86_400

const FORMATS = ['html', 'xml', 'txt', 'prop'] as const
export type Format = (typeof FORMATS)[number] | 'unknown'

const CHANGING: ReadonlySet<string> = new Set(['edit', 'update', 'reset', 'recover'])
const READING: ReadonlySet<string> = new Set(['list', 'show', 'version', 'dump'])

/** What every command says, whatever it is. */
interface Asked {
  readonly format: Format
  /** As given: the worker, and its member. */
  readonly worker: string | undefined
  readonly member: string | undefined
  readonly options: number
  /** No changes, and no links to any. */
  readonly isReadOnly: boolean
  /** Seconds between reloads of the page; 0 = none. */
  readonly refreshSeconds: number
  /** Where a change was begun, to go back to. */
  readonly from: 'list' | 'show'
  readonly fromMember: string | undefined
}

export interface ViewCommand extends Asked {
  readonly name: 'list' | 'show' | 'version' | 'dump'
  readonly lbs: readonly LbSnapshot[]
  readonly endpoints: readonly EndpointSnapshot[]
  /** The one member that is asked for. */
  readonly shown: MemberSnapshot | undefined
}

/** What a form is for. */
export type FormTarget =
  | { readonly kind: 'lb'; readonly lb: LbSnapshot }
  | { readonly kind: 'member'; readonly lb: LbSnapshot; readonly member: MemberSnapshot }
  | { readonly kind: 'attribute'; readonly lb: LbSnapshot; readonly parameter: Parameter }
  | { readonly kind: 'endpoint'; readonly endpoint: EndpointSnapshot }
  /** A status worker, or an attribute that does not exist. */
  | { readonly kind: 'none' }

export interface FormCommand extends Asked {
  readonly name: 'edit'
  readonly target: FormTarget
}

export interface ChangeCommand extends Asked {
  readonly name: 'update' | 'reset' | 'recover'
  readonly edits: readonly Edit[]
}

export type StatusCommand = ViewCommand | FormCommand | ChangeCommand

export interface StatusRefusal {
  readonly format: Format
  readonly message: string
  /** A change was wanted. */
  readonly isChange: boolean
}

export interface Rights {
  readonly isDenied: boolean
  readonly isReadOnly: boolean
}

export function readCommand(query: string, snapshot: BalancerSnapshot, rights: Rights): StatusCommand | StatusRefusal {
  const parameters = parseQuery(query)
  const { values } = parameters
  const name = values.get('cmd') ?? 'list'
  const options = wholeNumber(values.get('opt'), 0xffff)
  const asked: Asked = {
    format: formatOf(values.get('mime') ?? 'html'),
    worker: values.get('w'),
    member: values.get('sw'),
    options,
    isReadOnly: rights.isReadOnly || (options & READ_ONLY) !== 0,
    refreshSeconds: wholeNumber(values.get('re'), MAX_REFRESH_SECONDS),
    from: values.get('from') === 'show' ? 'show' : 'list',
    fromMember: values.get('psw'),
  }
  const command = refusalOf(name, asked, parameters, rights) ?? commandOf(name, asked, values, snapshot)
  return typeof command === 'string'
    ? { format: asked.format, message: command, isChange: CHANGING.has(name) && name !== 'edit' }
    : command
}

/** In mod_jk's order: what is wrong first is said, and nothing else. */
function refusalOf(name: string, asked: Asked, { isMalformed }: Parameters, { isDenied }: Rights): string | undefined {
  if (isDenied) return messages.denied
  if (isMalformed) return messages.malformed
  if (asked.isReadOnly && CHANGING.has(name)) return messages.readOnly
  if (!READING.has(name) && !CHANGING.has(name)) return messages.unknownCommand
  return asked.format === 'unknown' ? messages.unknownMime : undefined
}

function commandOf(
  name: string,
  asked: Asked,
  values: ReadonlyMap<string, string>,
  snapshot: BalancerSnapshot,
): StatusCommand | string {
  if (name === 'list') return { ...asked, name, worker: undefined, member: undefined, ...allOf(snapshot) }
  if (name === 'version' || name === 'dump') return { ...asked, name, lbs: [], endpoints: [], shown: undefined }

  const found = findWorker(asked, snapshot)
  if (typeof found === 'string') return found
  if (name === 'show') return show(asked, found)
  if (name === 'edit') return edit(asked, found, values.get('att'))
  const edits =
    name === 'update'
      ? updateEdits(found, asked.member, values)
      : name === 'reset'
        ? resetEdits(found, asked.member)
        : recoverEdits(found, asked.member)
  return typeof edits === 'string' ? edits : { ...asked, name: name as ChangeCommand['name'], edits }
}

function allOf({ workers }: BalancerSnapshot): Pick<ViewCommand, 'lbs' | 'endpoints' | 'shown'> {
  return {
    lbs: workers.filter((worker) => worker.kind === 'lb'),
    endpoints: workers.filter((worker) => worker.kind === 'endpoint'),
    shown: undefined,
  }
}

type Found = BalancerSnapshot['workers'][number]

function findWorker({ worker = '', member }: Asked, { workers }: BalancerSnapshot): Found | string {
  if (worker === '') return messages.noWorker
  if (member === '') return messages.noMember
  return workers.find(({ name }) => name === worker) ?? messages.unknownWorker
}

/** A status worker is found and has nothing to show. */
function show(asked: Asked, found: Found): ViewCommand | string {
  const base = { ...asked, name: 'show' as const, lbs: [], endpoints: [], shown: undefined }
  const members = findMembers(found, asked.member, false)
  if (typeof members === 'string') return members
  if (found.kind === 'lb') return { ...base, lbs: [found], shown: members?.[0] }
  return found.kind === 'endpoint' ? { ...base, endpoints: [found] } : base
}

function edit(asked: Asked, found: Found, attribute: string | undefined): FormCommand | string {
  const base = { ...asked, name: 'edit' as const }
  const members = findMembers(found, asked.member, false)
  if (typeof members === 'string') return members
  if (found.kind === 'status') return { ...base, target: { kind: 'none' } }
  if (found.kind === 'endpoint') return { ...base, target: { kind: 'endpoint', endpoint: found } }
  const [member] = members ?? []
  if (member !== undefined) return { ...base, target: { kind: 'member', lb: found, member } }
  if (attribute === undefined) return { ...base, target: { kind: 'lb', lb: found } }
  const parameter = attributeParameters.find(({ name }) => name === attribute)
  return { ...base, target: parameter === undefined ? { kind: 'none' } : { kind: 'attribute', lb: found, parameter } }
}

function formatOf(mime: string): Format {
  return FORMATS.find((format) => format === mime) ?? 'unknown'
}

/** Anything but a whole number up to `most` is 0. */
function wholeNumber(text: string | undefined, most: number): number {
  if (text === undefined || !/^\d{1,6}$/.test(text)) return 0
  return Math.min(Number(text), most)
}
