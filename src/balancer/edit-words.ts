/** Changes and refusals in words, for logs: the audit of who changed what. */
import type { Change, Editor, EditProblem, EditReason } from './edit-types.ts'

const reasons: Readonly<Record<EditReason, string>> = {
  'no-such-worker': 'there is no such worker',
  'no-such-member': 'there is no such member',
  'not-changeable': 'cannot be changed while it runs',
  'out-of-range': 'out of range',
  'unknown-word': 'not one of its values',
  'too-long': 'too long',
  empty: 'empty',
  'route-taken': 'another member has this route',
  unresolvable: 'no address can be found for it',
  'not-in-error': 'the member is not in error',
}

/** `loadbalancer/node1 lbfactor: "1" -> "4"`: values come from queries and are quoted, so that none can write a line of its own. */
export function formatChange({ what, worker, member, attribute, before, after }: Change): string {
  const target = formatTarget(worker, member)
  if (what !== 'update') return `${target} ${what}`
  return `${target} ${attribute}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`
}

export function formatProblem({ worker, member, attribute, value, reason }: EditProblem): string {
  const what = attribute === '' ? '' : ` ${attribute} ${JSON.stringify(value)}`
  return `${formatTarget(worker, member)}${what}: ${reasons[reason]}`
}

export function formatEditor({ address, user }: Editor): string {
  return user === undefined ? address : `${JSON.stringify(user)} at ${address}`
}

/** Names come from queries too, where something that does not exist is asked for. */
function formatTarget(worker: string, member: string | undefined): string {
  return [worker, ...(member === undefined ? [] : [member])].map(plain).join('/')
}

function plain(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(name)
}
