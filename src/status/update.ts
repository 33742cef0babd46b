/** From the parameters of update, reset and recover to edits, or to the message that refuses them (mod_jk.md 7.3 and 7.4). */
import type { Edit } from '../balancer/edit-types.ts'
import type { LbSnapshot, MemberSnapshot, WorkerSnapshot } from '../balancer/snapshot.ts'
import { messages } from './messages.ts'
import {
  attributeParameters,
  backendParameters,
  lbParameters,
  memberParameters,
  readSetting,
  settingsIn,
  type Values,
} from './parameters.ts'

type Set<Type extends Edit['type']> = Extract<Edit, { type: Type; set: unknown }>['set']

/** The members that are meant; undefined where none is named. Only an update can mean several. */
export function findMembers(
  worker: WorkerSnapshot,
  name: string | undefined,
  mayBeSeveral: boolean,
): readonly MemberSnapshot[] | undefined | string {
  if (name === undefined) return undefined
  if (worker.kind !== 'lb') return messages.noMembers
  if (/[*?]/.test(name) && !mayBeSeveral) return messages.wildcard
  const found = worker.members.filter((member) => matches(name, member.name))
  return found.length === 0 ? messages.unknownMember : found
}

export function updateEdits(
  worker: WorkerSnapshot,
  memberName: string | undefined,
  values: Values,
): readonly Edit[] | string {
  const members = findMembers(worker, memberName, true)
  if (typeof members === 'string') return members
  if (worker.kind === 'status') return messages.noUpdate
  if (worker.kind === 'endpoint')
    return [
      {
        type: 'update-worker',
        worker: worker.name,
        set: settingsIn(values, backendParameters) as Set<'update-worker'>,
      },
    ]
  const lb = worker.name
  if (members !== undefined) {
    const set = settingsIn<string>(values, [...memberParameters, ...backendParameters]) as Set<'update-member'>
    return members.map(({ name: member }) => ({ type: 'update-member', lb, member, set }))
  }
  const attribute = values.get('att')
  if (attribute !== undefined) return attributeEdits(worker, attribute, values)
  return [{ type: 'update-lb', lb, set: settingsIn(values, lbParameters) as Set<'update-lb'> }]
}

/** `val0`, `val1`, … by the members' positions; an attribute that is not known changes nothing. */
function attributeEdits({ name: lb, members }: LbSnapshot, attribute: string, values: Values): readonly Edit[] {
  const parameter = attributeParameters.find(({ name }) => name === attribute)
  if (parameter === undefined) return []
  return members.flatMap(({ name: member }, index): readonly Edit[] => {
    const text = values.get(`val${index}`)
    const value = text === undefined ? undefined : readSetting(parameter.kind, text)
    return value === undefined ? [] : [{ type: 'update-member', lb, member, set: { [parameter.key]: value } }]
  })
}

export function resetEdits(worker: WorkerSnapshot, memberName: string | undefined): readonly Edit[] | string {
  const members = findMembers(worker, memberName, false)
  if (typeof members === 'string') return members
  if (worker.kind === 'status') return messages.noReset
  if (worker.kind === 'endpoint') return [{ type: 'reset-worker', worker: worker.name }]
  const lb = worker.name
  if (members === undefined) return [{ type: 'reset-lb', lb }]
  return members.map(({ name: member }) => ({ type: 'reset-member', lb, member }))
}

export function recoverEdits(worker: WorkerSnapshot, memberName: string | undefined): readonly Edit[] | string {
  if (memberName === undefined) return messages.noRecovery
  const members = findMembers(worker, memberName, false)
  if (members === undefined || typeof members === 'string') return members ?? messages.noRecovery
  return members.map(({ name: member }) => ({ type: 'recover-member', lb: worker.name, member }))
}

/** `*` stands for any characters; `?` never arrives here, since it is masked (7.1). Each piece takes the first place it fits. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  const last = rest.pop()!
  const end = name.length - last.length
  if (!name.startsWith(first) || !name.endsWith(last) || end < first.length) return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}
