/**
 * Requests on a load balancer: the loop of mod_jk.md 4.7. Chooses a member, lets it try, and goes on to the next one
 * and the next round for as long as the rules of `retry.ts` allow.
 */
import type { Clock } from '../clock/clock.ts'
import { FIELD, type RequestFields } from '../http1/index.ts'
import type { Endpoint } from './endpoint.ts'
import type { Outcome } from './errors.ts'
import { attemptFailed, type BalancerEvent } from './events.ts'
import type { Exchange, Failure, Server } from './exchange.ts'
import type { Lb, LbMember, LbRequest, TriedMembers } from './lb.ts'
import { note } from './member-notes.ts'
import type { ResolvedLbWorker } from './resolved-options.ts'
import { isReplyTimeout, mayRetry, mayRetryWithoutMember, outcomeOf, pauseBefore } from './retry.ts'
import { findSession } from './sticky.ts'

/** What an lb remembers of a request while it serves it. */
export interface LbState {
  readonly request: LbRequest
  /** The member that is trying right now. */
  member: LbMember | undefined
  /** Members that failed this request; undefined as long as none has. */
  tried: TriedMembers | undefined
  /** Forced recovery happens once per request. */
  forced: boolean
  /** Bytes of earlier members, which are not to be counted twice. */
  readBytesBefore: number
  transferredBytesBefore: number
}

export class LbServer implements Server {
  readonly lb: Lb
  readonly #endpoints: ReadonlyMap<string, Endpoint>
  readonly #clock: Clock
  readonly #onEvent: (event: BalancerEvent) => void

  constructor(lb: Lb, endpoints: ReadonlyMap<string, Endpoint>, clock: Clock, onEvent: (event: BalancerEvent) => void) {
    this.#onEvent = onEvent
    this.lb = lb
    this.#endpoints = endpoints
    this.#clock = clock
  }

  serve(exchange: Exchange): void {
    const { overrides } = exchange
    const state: LbState = {
      request: {
        session: sessionOf(exchange, this.lb.options),
        isStateless: overrides?.stateless === true,
        activations: overrides?.activations,
      },
      member: undefined,
      tried: undefined,
      forced: false,
      readBytesBefore: 0,
      transferredBytesBefore: 0,
    }
    exchange.server = this
    exchange.lbState = state
    this.#tryNextMember(exchange, state)
  }

  #tryNextMember(exchange: Exchange, state: LbState): void {
    let choice = this.lb.select(state.request, state.tried)
    if (choice === undefined && !state.forced) {
      state.forced = true
      if (this.lb.force(state.tried)) choice = this.lb.select(state.request, state.tried)
    }
    if (choice === undefined) {
      if (mayRetryWithoutMember(exchange, this.lb.options) === 'next-round') this.#nextRound(exchange, state)
      else exchange.refuse('LB_NO_WORKER')
      return
    }
    state.member = choice.member
    exchange.memberName = choice.member.name
    exchange.memberRoute = choice.member.options.route
    exchange.answerFields = choice.isSticky ? '' : routeCookie(exchange, choice.member, this.lb.options)
    exchange.memberAttempts++
    exchange.workerAttempts = 1
    exchange.replyTimeouts = 0
    this.lb.begin(choice.member, state.request)
    this.#endpointOf(choice.member).attempt(exchange, false)
  }

  #nextRound(exchange: Exchange, state: LbState): void {
    this.#clock.after(this.lb.options.retryIntervalMs, () => {
      if (exchange.finished) return
      exchange.rounds++
      exchange.memberAttempts = 0
      state.tried = undefined
      this.#tryNextMember(exchange, state)
    })
  }

  failed(exchange: Exchange, failure: Failure): void {
    const state = exchange.lbState!
    const member = state.member!
    if (isReplyTimeout(failure.code)) exchange.replyTimeouts++
    const decision = mayRetry(failure, exchange, member.options, this.lb.options)
    this.#onEvent(attemptFailed(member.name, exchange, failure, decision !== 'no'))
    if (decision === 'fresh-connection') {
      this.#endpointOf(member).attempt(exchange, true)
      return
    }
    if (decision === 'same-worker') {
      exchange.workerAttempts++
      this.#clock.after(pauseBefore(decision, member.options), () => {
        if (!exchange.finished) this.#endpointOf(member).attempt(exchange, true)
      })
      return
    }
    this.#end(exchange, state, member, outcomeOf(failure))
    state.tried ??= new Set()
    state.tried.add(member)
    if (decision === 'next-member') this.#tryNextMember(exchange, state)
    else if (decision === 'next-round') this.#nextRound(exchange, state)
    else exchange.refuse(failure.code)
  }

  #endpointOf(member: LbMember): Endpoint {
    return this.#endpoints.get(member.name)!
  }

  finished(exchange: Exchange, aborted: boolean): void {
    const state = exchange.lbState!
    if (state.member !== undefined) this.#end(exchange, state, state.member, aborted ? 'client-error' : 'ok')
  }

  #end(exchange: Exchange, state: LbState, member: LbMember, outcome: Outcome): void {
    state.member = undefined
    const usage = {
      readBytes: exchange.readBytes - state.readBytesBefore,
      transferredBytes: exchange.transferredBytes - state.transferredBytesBefore,
      replyTimeouts: exchange.replyTimeouts,
    }
    state.readBytesBefore = exchange.readBytes
    state.transferredBytesBefore = exchange.transferredBytes
    this.lb.end(member, outcome, usage, this.#clock.monotonic())
    if (exchange.memberNotes !== undefined) note(exchange.memberNotes, member)
  }
}

function sessionOf(exchange: Exchange, options: ResolvedLbWorker): string | undefined {
  const { overrides, forwardPath, fields } = exchange
  if (!options.stickySession || overrides?.stickyIgnore === true) return undefined
  if (overrides === undefined) return findSession(options, forwardPath, cookiesOf(fields))
  if (overrides.route !== undefined) return `.${overrides.route}`
  const { sessionCookie = options.sessionCookie, sessionPath = options.sessionPath } = overrides
  return findSession({ sessionCookie, sessionPath }, forwardPath, cookiesOf(fields))
}

/**
 * The cookie that keeps a client with its member where the application has no session (mod_jk.md 4.3). It is that of the
 * member that answers: another attempt writes it anew. Names of an extension count here, too (10, quirk 13).
 */
function routeCookie({ overrides, client }: Exchange, member: LbMember, options: ResolvedLbWorker): string {
  if (!options.setSessionCookie && overrides?.setSessionCookie !== true) return ''
  const name = overrides?.sessionCookie ?? options.sessionCookie
  const path = overrides?.sessionCookiePath ?? options.sessionCookiePath
  const isSecure = client.encrypted || overrides?.told?.tls !== undefined
  return `Set-Cookie: ${name}=.${member.options.route};PATH=${path};HttpOnly${isSecure ? ';Secure' : ''}\r\n`
}

/** The values of the Cookie fields: one string in nearly every request. */
function cookiesOf(fields: RequestFields): string | readonly string[] | undefined {
  const at = fields.ids.indexOf(FIELD.COOKIE)
  if (at === -1) return undefined
  if (fields.ids.indexOf(FIELD.COOKIE, at + 1) === -1) return fields.values[at]
  return fields.values.filter((_, i) => fields.ids[i] === FIELD.COOKIE)
}
