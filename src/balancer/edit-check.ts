/**
 * Whether edits can be done, and what the options are once they are: pure functions over options. All edits of a request
 * are looked at before the first is done.
 */
import {
  type Attribute,
  backendAttributes,
  differences,
  lbAttributes,
  memberAttributes,
  refusalOf,
  type SettingValue,
} from './edit-attributes.ts'
import type { Change, Edit, EditProblem, EditReason } from './edit-types.ts'
import { domainOf, packetSize } from './resolve-workers.ts'
import type { ResolvedEndpointWorker, ResolvedLbWorker } from './resolved-options.ts'

/** Live workers as far as a check looks at them. */
export interface EditableWorkers {
  readonly lbs: ReadonlyMap<string, EditableLb>
  readonly endpoints: ReadonlyMap<string, { readonly options: ResolvedEndpointWorker }>
}

export interface EditableLb {
  readonly options: ResolvedLbWorker
  readonly members: readonly {
    readonly name: string
    readonly options: ResolvedEndpointWorker
    readonly numbers: { readonly state: string }
  }[]
}

type UpdateEdit = Extract<Edit, { set: unknown }>
type Attributes = Readonly<Record<string, Attribute>>

const allMemberAttributes: Attributes = { ...memberAttributes, ...backendAttributes }

export function checkEdits(edits: readonly Edit[], workers: EditableWorkers): EditProblem[] {
  return [...edits.flatMap((edit) => problemsOf(edit, workers)), ...routesTaken(edits, workers)]
}

function problemsOf(edit: Edit, { lbs, endpoints }: EditableWorkers): EditProblem[] {
  const problem = (reason: EditReason, attribute = '', value = ''): EditProblem => {
    const { worker, member } = targetOf(edit)
    return { reason, worker, member, attribute, value }
  }
  if ('worker' in edit) {
    if (!endpoints.has(edit.worker)) return [problem('no-such-worker')]
  } else {
    const lb = lbs.get(edit.lb)
    if (lb === undefined) return [problem('no-such-worker')]
    if ('member' in edit) {
      const member = lb.members.find(({ name }) => name === edit.member)
      if (member === undefined) return [problem('no-such-member')]
      if (edit.type === 'recover-member' && member.numbers.state !== 'error') return [problem('not-in-error')]
    }
  }
  if (!('set' in edit)) return []
  const attributes = attributesOf(edit)
  return settingsOf(edit.set).flatMap(([key, value]) => {
    const attribute = Object.hasOwn(attributes, key) ? attributes[key] : undefined
    if (attribute === undefined) return [problem('not-changeable', key, String(value))]
    const reason = refusalOf(attribute, value)
    return reason === undefined ? [] : [problem(reason, attribute.directive, String(value))]
  })
}

/** A session would not know which of two members with one route is meant; looked at as it would be after all edits. */
function routesTaken(edits: readonly Edit[], { lbs }: EditableWorkers): EditProblem[] {
  const problems: EditProblem[] = []
  for (const [name, lb] of lbs) {
    const wanted = new Map<string, string>()
    for (const edit of edits) {
      if (edit.type === 'update-member' && edit.lb === name && edit.set.route !== undefined)
        wanted.set(edit.member, edit.set.route)
    }
    if (wanted.size === 0) continue
    const routes = lb.members.map((member) => wanted.get(member.name) ?? member.options.route)
    for (const [member, route] of wanted) {
      if (routes.filter((each) => each === route).length > 1)
        problems.push({ reason: 'route-taken', worker: name, member, attribute: 'route', value: route })
    }
  }
  return problems
}

export function targetOf(edit: Edit): { readonly worker: string; readonly member: string | undefined } {
  if ('worker' in edit) return { worker: edit.worker, member: undefined }
  return { worker: edit.lb, member: 'member' in edit ? edit.member : undefined }
}

export function lbAfter(edit: Extract<Edit, { type: 'update-lb' }>, before: ResolvedLbWorker): ResolvedLbWorker {
  return Object.freeze({ ...before, ...edit.set })
}

export function memberAfter(
  { set }: Extract<Edit, { type: 'update-member' | 'update-worker' }>,
  before: ResolvedEndpointWorker,
): ResolvedEndpointWorker {
  const after = { ...before, ...set }
  // A route may say the domain of a member that has none (mod_jk.md 7.4, `vwn`).
  const says = 'route' in set && set.route !== undefined && before.domain === '' && set.domain === undefined
  return Object.freeze({
    ...after,
    maxPacketSize: packetSize(after.maxPacketSize),
    ...(says && { domain: domainOf(after.route) }),
  })
}

/** One change for each attribute that an edit has given another value. */
export function changesBetween(edit: UpdateEdit, before: object, after: object): Change[] {
  const target = targetOf(edit)
  return differences(attributesOf(edit), before, after).map((values) => ({ what: 'update', ...target, ...values }))
}

function attributesOf(edit: UpdateEdit): Attributes {
  if (edit.type === 'update-lb') return lbAttributes
  return edit.type === 'update-member' ? allMemberAttributes : backendAttributes
}

function settingsOf(set: object): [string, SettingValue][] {
  return Object.entries(set).filter(([, value]) => value !== undefined)
}
