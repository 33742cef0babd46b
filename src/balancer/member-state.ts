/**
 * The states of an lb member and the only function that moves between them (mod_jk.md 4.6, 4.7 and 4.10). It has no
 * effects: `lb.ts` writes the answer down. What is excluded for a single request only (mod_jk's "local" states) is no
 * state; `lb.ts` gets it with each question.
 */
import type { Outcome } from './errors.ts'
import { NEVER } from './numbers.ts'

interface StateRow {
  /** May be chosen. */
  readonly isUsable: boolean
}

export const memberStates = {
  /** No request yet, or none since the last maintenance. */
  idle: { isUsable: true },
  ok: { isUsable: true },
  /** Has been in error for long enough; the next request tries it. */
  recover: { isUsable: true },
  /** In error like all others; tried for want of a better one. */
  force: { isUsable: true },
  /** No free connection, or `busy_limit` reached. */
  busy: { isUsable: false },
  error: { isUsable: false },
  /** One request is trying a member that was in recovery; the others wait for what it finds. */
  probe: { isUsable: false },
} as const satisfies Readonly<Record<string, StateRow>>

export type MemberState = keyof typeof memberStates

/** What changes with the state. Part of a member's numbers. */
export interface MemberHealth {
  readonly state: MemberState
  readonly errors: number
  readonly firstErrorAtMs: number
  readonly lastErrorAtMs: number
}

export type MemberEvent =
  /** A request was given to the member. */
  | { readonly type: 'chosen' }
  /** The member had a connection to spare again. */
  | { readonly type: 'relieved' }
  | {
      readonly type: 'finished'
      readonly outcome: Outcome
      /** Other requests are in flight on the worker, on whose fate the error may still turn. */
      readonly othersInFlight: boolean
      /** Reply timeouts of the worker so far, those of this request included. */
      readonly replyTimeouts: number
    }
  | { readonly type: 'maintained'; readonly wasUsed: boolean }
  /** No member was left, so all in error are tried. */
  | { readonly type: 'forced' }
  /** Somebody says that a member in error may be tried again. */
  | { readonly type: 'revived' }
  /** Somebody wants all errors forgotten. */
  | { readonly type: 'reset' }

export interface MemberSettings {
  readonly recoverTimeMs: number
  readonly errorEscalationTimeMs: number
  readonly maxReplyTimeouts: number
}

/** Returns `before` itself when nothing changes. */
export function next(before: MemberHealth, event: MemberEvent, nowMs: number, settings: MemberSettings): MemberHealth {
  switch (event.type) {
    case 'chosen':
      return before.state === 'recover' ? inState(before, 'probe') : before
    case 'relieved':
      return before.state === 'busy' ? inState(before, 'ok') : before
    case 'forced':
      return before.state === 'error' ? inState(before, 'force') : before
    case 'revived':
      return before.state === 'error' ? inState(before, 'recover') : before
    case 'reset':
      return { state: 'idle', errors: 0, firstErrorAtMs: NEVER, lastErrorAtMs: NEVER }
    case 'finished':
      return afterRequest(before, event, nowMs, settings)
    case 'maintained':
      return inState(before, maintainedState(before, event.wasUsed, nowMs, settings))
  }
}

function inState(before: MemberHealth, state: MemberState): MemberHealth {
  if (state === before.state) return before
  const { errors, firstErrorAtMs, lastErrorAtMs } = before
  return { state, errors, firstErrorAtMs, lastErrorAtMs }
}

/** The outcome table of 4.7. */
function afterRequest(
  before: MemberHealth,
  event: Extract<MemberEvent, { type: 'finished' }>,
  nowMs: number,
  settings: MemberSettings,
): MemberHealth {
  /** Whoever brought the member into error meanwhile is right. */
  const stateUnlessError = before.state === 'error' ? 'error' : 'ok'
  switch (event.outcome) {
    case 'ok':
    case 'client-error':
    case 'status-error':
      return well(before)
    case 'server-error':
    case 'protocol-error':
    case 'unblamed':
      return inState(before, stateUnlessError)
    case 'busy':
      return before.state === 'error' ? before : inState(before, 'busy')
    case 'status-fatal':
      return failed(before, nowMs)
    case 'reply-timeout':
      return event.replyTimeouts > settings.maxReplyTimeouts ? failed(before, nowMs) : inState(before, stateUnlessError)
    case 'comm-failure': {
      const firstErrorAtMs = before.firstErrorAtMs === NEVER ? nowMs : before.firstErrorAtMs
      const isFinal = !event.othersInFlight || nowMs - firstErrorAtMs >= settings.errorEscalationTimeMs
      const state = isFinal ? 'error' : stateUnlessError
      return { state, errors: before.errors + 1, firstErrorAtMs, lastErrorAtMs: nowMs }
    }
  }
}

/** An answer ends every series of errors, even that of a member in error. */
function well(before: MemberHealth): MemberHealth {
  if (before.state === 'ok' && before.firstErrorAtMs === NEVER && before.lastErrorAtMs === NEVER) return before
  return { state: 'ok', errors: before.errors, firstErrorAtMs: NEVER, lastErrorAtMs: NEVER }
}

function failed(before: MemberHealth, nowMs: number): MemberHealth {
  return { state: 'error', errors: before.errors + 1, firstErrorAtMs: nowMs, lastErrorAtMs: nowMs }
}

/** 4.10, step 2. */
function maintainedState(
  { state, firstErrorAtMs, lastErrorAtMs }: MemberHealth,
  wasUsed: boolean,
  nowMs: number,
  settings: MemberSettings,
): MemberState {
  if (state === 'error') return nowMs - lastErrorAtMs > settings.recoverTimeMs ? 'recover' : 'error'
  const isUnresolved = firstErrorAtMs !== NEVER && nowMs - firstErrorAtMs >= settings.errorEscalationTimeMs
  if (isUnresolved && state !== 'recover') return 'error'
  return state === 'ok' && !wasUsed ? 'idle' : state
}
