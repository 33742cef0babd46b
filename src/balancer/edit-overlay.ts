/**
 * What edits have made other than the configuration says, as plain entries that can be written down and done again at the
 * next start. An entry knows what was configured when it was made: where the configuration says something else by then,
 * somebody has thought about it since, and the configuration holds. Pure; files are for others.
 */
import {
  type Attribute,
  backendAttributes,
  differences,
  lbAttributes,
  memberAttributes,
  unwritten,
  written,
} from './edit-attributes.ts'
import type { EditableWorkers } from './edit-check.ts'
import type { Edit } from './edit-types.ts'
import { BalancerError } from './errors.ts'
import type { BalancerOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'
import type { ResolvedBalancerOptions } from './resolved-options.ts'

/** Values as workers.properties would have them. */
export interface OverlayEntry {
  /** The lb, or a worker with its connections, whether it stands alone or not. */
  readonly worker: string
  /** The member of the lb; undefined where the entry is about the worker itself. */
  readonly member?: string
  readonly attribute: string
  readonly configured: string
  readonly value: string
}

export interface OverlayVerdict {
  /** What holds, as edits. */
  readonly edits: readonly Edit[]
  readonly kept: readonly OverlayEntry[]
  /** What the configuration has overruled, and what it says; undefined where there is no such worker or attribute. */
  readonly overruled: readonly { readonly entry: OverlayEntry; readonly configured: string | undefined }[]
}

type Attributes = Readonly<Record<string, Attribute>>
type Values = Readonly<Record<string, number | boolean | string>>

/** The difference between what is configured and what holds; empty when there is none. */
export function overlayOf(configured: ResolvedBalancerOptions, { lbs, endpoints }: EditableWorkers): OverlayEntry[] {
  const entries: OverlayEntry[] = []
  for (const [worker, lb] of lbs) {
    entries.push(...entriesFor({ worker }, lbAttributes, configured.workers[worker], lb.options))
    for (const { name: member, options } of lb.members)
      entries.push(...entriesFor({ worker, member }, memberAttributes, configured.workers[member], options))
  }
  for (const [worker, { options }] of endpoints)
    entries.push(...entriesFor({ worker }, backendAttributes, configured.workers[worker], options))
  return entries
}

/** What of an overlay still holds for a configuration. */
export function judgeOverlay(entries: readonly OverlayEntry[], configured: ResolvedBalancerOptions): OverlayVerdict {
  const edits: Edit[] = []
  const kept: OverlayEntry[] = []
  const overruled: { entry: OverlayEntry; configured: string | undefined }[] = []
  for (const entry of entries) {
    const place = placeOf(entry, configured)
    const now = place === undefined ? undefined : written(place.attribute, place.value)
    const value = place === undefined ? undefined : unwritten(place.attribute, entry.value)
    if (place === undefined || now !== entry.configured || value === undefined) {
      overruled.push({ entry, configured: now })
      continue
    }
    kept.push(entry)
    edits.push({ ...place.edit, set: { [place.key]: value } } as Edit)
  }
  return { edits, kept, overruled }
}

/** The same for options that nobody serves yet; undefined where they are wrong. A file need not say where to listen. */
export function judgeOptions(entries: readonly OverlayEntry[], options: BalancerOptions): OverlayVerdict | undefined {
  const listen = options.listen.length > 0 ? options.listen : [{ host: '127.0.0.1', port: 0 }]
  try {
    return judgeOverlay(entries, resolveOptions({ ...options, listen }))
  } catch (error) {
    if (error instanceof BalancerError) return undefined
    throw error
  }
}

function entriesFor(
  place: Pick<OverlayEntry, 'worker' | 'member'>,
  attributes: Attributes,
  configured: object | undefined,
  live: object,
): OverlayEntry[] {
  if (configured === undefined) return []
  return differences(attributes, configured, live).map(({ attribute, before, after }) => ({
    ...place,
    attribute,
    configured: before,
    value: after,
  }))
}

function placeOf({ worker, member, attribute: directive }: OverlayEntry, { workers }: ResolvedBalancerOptions) {
  const options = workers[worker]
  if (options === undefined || options.type === 'status') return undefined
  if (options.type === 'lb' && member !== undefined) {
    const of = options.balanceWorkers.includes(member) ? workers[member] : undefined
    return find(memberAttributes, directive, of, { type: 'update-member', lb: worker, member })
  }
  if (member !== undefined) return undefined
  if (options.type === 'lb') return find(lbAttributes, directive, options, { type: 'update-lb', lb: worker })
  return find(backendAttributes, directive, options, { type: 'update-worker', worker })
}

function find(attributes: Attributes, directive: string, options: object | undefined, edit: object) {
  const found = Object.entries(attributes).find(([, attribute]) => attribute.directive === directive)
  if (found === undefined || options === undefined) return undefined
  const [key, attribute] = found
  return { key, attribute, edit, value: (options as Values)[key]! }
}
