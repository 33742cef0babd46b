/**
 * What one address where a member may be knows about who is behind it, and what follows from what it hears. Pure:
 * effects happen where the actions are used.
 *
 * An entry is an address. Who is there is learned from the START of a member and from the sender of its messages, unless
 * the configuration gives a unique id (Tomcat peers need one); then nobody else is accepted at that address.
 * A START opens a life: it names the same message id as long as its process lives, so another id, or a first START after
 * a lost connection, means that the member was restarted.
 */
import type { DisappearReason } from '../events.ts'
import { sameBytes } from '../identity.ts'
import type { Member } from '../member.ts'

export interface EntryState {
  /** The member as configured, when the configuration gives its unique id. */
  readonly configured: Member | undefined
  /** Who was reported to be there. */
  readonly current: Member | undefined
  /** Message id of the START that opened the current life; undefined: none was heard. */
  readonly startId: Uint8Array | undefined
  /** It answers when asked who it is, as clowder members do and Tomcat does not. */
  readonly answers: boolean
  /** A connection to it was lost, and no START has told since that it is the same life. */
  readonly linkLost: boolean
  /** Since when (monotonic ms) nothing has shown that it is still the same; undefined: all is well. */
  readonly doubtedAt: number | undefined
  /** Unique id of the last one that said goodbye: its late messages do not bring it back. */
  readonly left: Uint8Array | undefined
}

export type EntryEvent =
  | { readonly type: 'message'; readonly sender: Member }
  /** It says who it is by other ways than the connection: multicast. */
  | { readonly type: 'seen'; readonly sender: Member }
  | { readonly type: 'start'; readonly sender: Member; readonly id: Uint8Array; readonly answers: boolean }
  | { readonly type: 'stop'; readonly sender: Member }
  | { readonly type: 'link-lost'; readonly now: number }
  /** Somebody accepts connections there and did not say who it is when asked. */
  | { readonly type: 'no-answer' }
  /** The failure detector gave up the member. */
  | { readonly type: 'dropped' }
  | { readonly type: 'heartbeat'; readonly now: number; readonly maxDoubtMs: number }

export type EntryAction =
  | { readonly type: 'added'; readonly member: Member }
  | { readonly type: 'disappeared'; readonly member: Member; readonly reason: DisappearReason }
  /** The member has shown that it lives and is who it was. */
  | { readonly type: 'confirmed'; readonly member: Member }
  | { readonly type: 'mismatch'; readonly configured: Member; readonly found: Member }

export interface EntryStep {
  readonly state: EntryState
  readonly actions: readonly EntryAction[]
}

const NOTHING: readonly EntryAction[] = []

export function newEntry(configured: Member | undefined): EntryState {
  return { configured, ...nobody(undefined) }
}

export function nextEntry(state: EntryState, event: EntryEvent): EntryStep {
  switch (event.type) {
    case 'message':
      return onMessage(state, event.sender)
    case 'seen':
      return onSeen(state, event.sender)
    case 'start':
      return onStart(state, event)
    case 'stop':
      if (state.current === undefined || !sameId(state.current, event.sender)) return stay(state)
      return gone(state, 'stopped', event.sender.uniqueId)
    case 'link-lost':
      if (state.current === undefined) return stay(state)
      return stay({ ...state, linkLost: true, doubtedAt: state.doubtedAt ?? event.now })
    case 'no-answer':
      if (state.current !== undefined || state.configured === undefined) return stay(state)
      return arrived(state, state.configured, undefined, false)
    case 'dropped':
      return stay({ ...state, ...nobody(state.left) })
    case 'heartbeat':
      if (!state.answers || state.doubtedAt === undefined) return stay(state)
      return event.now - state.doubtedAt > event.maxDoubtMs ? gone(state, 'silent', undefined) : stay(state)
  }
}

/**
 * An ordinary message tells who is there only where nobody is known: one of an old life may come late, on another
 * connection than the START of the new one.
 */
function onMessage(state: EntryState, sender: Member): EntryStep {
  const wrong = mismatch(state, sender)
  if (wrong !== undefined) return wrong
  const { current, left } = state
  if (current === undefined) {
    const isLate = left !== undefined && sameBytes(left, sender.uniqueId)
    return isLate ? stay(state) : arrived(state, sender, undefined, false)
  }
  if (!sameId(current, sender)) return stay(state)
  if (!saysTheSame(current, sender)) return changed(state, current, sender)
  return state.doubtedAt === undefined ? stay(state) : confirmed({ ...state, doubtedAt: undefined }, current)
}

/**
 * A member that was restarted broke its connections before it says who it is now. As long as the connection stands,
 * somebody else claims the address: two hosts that both say 127.0.0.1 (tomcat-cluster.md 9.5).
 */
function onSeen(state: EntryState, sender: Member): EntryStep {
  const wrong = mismatch(state, sender)
  if (wrong !== undefined) return wrong
  const { current } = state
  if (current === undefined) return arrived(state, sender, undefined, false)
  if (sameId(current, sender)) {
    if (!saysTheSame(current, sender)) return changed(state, current, sender)
    return confirmed({ ...state, doubtedAt: undefined }, current)
  }
  if (!state.linkLost) return { state, actions: [{ type: 'mismatch', configured: current, found: sender }] }
  const { state: next, actions } = arrived(state, sender, undefined, false)
  return { state: next, actions: [{ type: 'disappeared', member: current, reason: 'replaced' }, ...actions] }
}

function onStart(state: EntryState, event: Extract<EntryEvent, { type: 'start' }>): EntryStep {
  const { sender, id, answers } = event
  const wrong = mismatch(state, sender)
  if (wrong !== undefined) return wrong
  const { current, startId } = state
  if (current === undefined) return arrived(state, sender, id, answers)
  if (!sameId(current, sender)) return newLife(state, current, event, 'replaced')
  const restarted = startId === undefined ? state.linkLost : !sameBytes(startId, id)
  if (restarted) return newLife(state, current, event, 'restarted')
  const heard: EntryState = { ...state, startId: id, answers, linkLost: false, doubtedAt: undefined }
  return saysTheSame(current, sender) ? confirmed(heard, current) : changed(heard, current, sender)
}

function mismatch(state: EntryState, sender: Member): EntryStep | undefined {
  const { configured } = state
  if (configured === undefined || sameId(configured, sender)) return undefined
  return { state, actions: [{ type: 'mismatch', configured, found: sender }] }
}

function arrived(state: EntryState, member: Member, startId: Uint8Array | undefined, answers: boolean): EntryStep {
  return {
    state: { ...state, ...nobody(undefined), current: member, startId, answers },
    actions: [{ type: 'added', member }],
  }
}

function gone(state: EntryState, reason: DisappearReason, left: Uint8Array | undefined): EntryStep {
  const { current } = state
  if (current === undefined) return stay(state)
  return { state: { ...state, ...nobody(left) }, actions: [{ type: 'disappeared', member: current, reason }] }
}

function newLife(
  state: EntryState,
  old: Member,
  { sender, id, answers }: Extract<EntryEvent, { type: 'start' }>,
  reason: DisappearReason,
): EntryStep {
  const { state: next, actions } = arrived(state, sender, id, answers)
  return { state: next, actions: [{ type: 'disappeared', member: old, reason }, ...actions] }
}

/** The same member says something else of itself: those above decide by what it says, so it comes anew. */
function changed(state: EntryState, old: Member, member: Member): EntryStep {
  return {
    state: { ...state, current: member, doubtedAt: undefined },
    actions: [
      { type: 'disappeared', member: old, reason: 'changed' },
      { type: 'added', member },
    ],
  }
}

function confirmed(state: EntryState, member: Member): EntryStep {
  return { state, actions: [{ type: 'confirmed', member }] }
}

function stay(state: EntryState): EntryStep {
  return { state, actions: NOTHING }
}

function nobody(left: Uint8Array | undefined): Omit<EntryState, 'configured'> {
  return { current: undefined, startId: undefined, answers: false, linkLost: false, doubtedAt: undefined, left }
}

function sameId(a: Member, b: Member): boolean {
  return sameBytes(a.uniqueId, b.uniqueId)
}

function saysTheSame(a: Member, b: Member): boolean {
  return sameBytes(a.payload, b.payload) && sameBytes(a.domain, b.domain)
}
