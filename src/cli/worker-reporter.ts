/**
 * What a worker prints as it happens, a line each: who comes and goes, what it took over, what went wrong. Everything
 * else is counted in its snapshot.
 */

import type { Clock } from '../clock/clock.ts'
import {
  type ClusterEvent,
  decodePayload,
  endpointKey,
  type Member,
  PAYLOAD_ENTRY,
  payloadValue,
} from '../cluster/index.ts'
import type { ConnectorEvent } from '../connector/index.ts'
import { SessionError, type SessionEvent } from '../session/index.ts'
import { describeThrown, type WorkerEvent } from '../worker/index.ts'
import { formatAddress } from './address.ts'
import { printable } from './printable.ts'
import { SparseLines } from './sparse-lines.ts'

/** Attributes whose values were refused; each is told once. */
const MAX_REFUSED_NAMES = 100

const UNAVAILABLE = 503

const VERBS = { refused: 'refused', dropped: 'cut', aborted: 'cut', replaced: 'answered with 500' } as const

export class WorkerReporter {
  readonly #print: (line: string) => void
  /** Peers that did not answer while the worker starts: one line tells of all, and whether anybody else did. */
  #unreachable: string[] | undefined = []
  readonly #refused = new Set<string>()
  readonly #ofPeers: SparseLines

  constructor(print: (line: string) => void, clock: Clock) {
    // Paths of requests, names of members and messages of errors are the words of others.
    this.#print = (line) => print(printable(line))
    this.#ofPeers = new SparseLines(this.#print, clock)
  }

  report(given: WorkerEvent): void {
    switch (given.type) {
      case 'app-failed':
        this.#failed(given.error, `${given.method} ${given.url} failed`)
        break
      case 'connector':
        this.#connector(given.event)
        break
      case 'cluster':
        this.#cluster(given.event)
        break
      case 'session':
        this.#session(given.event)
        break
      case 'store-unreachable':
        this.#ofPeers.print('store', `cannot reach the store of the sessions: ${messageOf(given.error)}`)
        break
    }
  }

  /** Sessions that cannot be had for now fail all requests, for a reason that is told elsewhere, too. */
  #failed(error: unknown, what: string): void {
    if (error instanceof SessionError && error.status === UNAVAILABLE)
      this.#ofPeers.print(error.code, `${what}: ${error.code}: ${error.message}`)
    else this.#print(`${what}: ${describeThrown(error)}`)
  }

  /** That clients go away, and that a connection is closed behind its answer, is everyday life. */
  #connector({ type, error, peer, request }: ConnectorEvent): void {
    if (type === 'closed' || error.code === 'CONNECTOR_PEER_LEFT') return
    const from = formatAddress({ host: peer.address, port: peer.port })
    const what = request === undefined ? `a connection of ${from}` : `${request.method} ${request.path} of ${from}`
    this.#ofPeers.print(error.code, `AJP: ${error.code}: ${error.message}; ${VERBS[type]} ${what}`)
  }

  #cluster(event: ClusterEvent): void {
    switch (event.type) {
      case 'member-added':
        this.#print(`${nameOf(event.member)} has joined`)
        break
      case 'member-disappeared':
        this.#print(`${nameOf(event.member)} ${event.reason === 'stopped' ? 'has left' : `is gone (${event.reason})`}`)
        break
      case 'member-unreachable': {
        const where = endpointKey(event.endpoint)
        if (this.#unreachable === undefined) this.#print(`cannot reach ${where}: ${event.cause.message}`)
        else this.#unreachable.push(where)
        break
      }
      case 'member-unresolved':
        this.#print(`the peer ${event.host} has no address: ${messageOf(event.cause)}`)
        break
      case 'member-mismatch':
        this.#print(`${endpointKey(event.found)} has another unique id than the configuration says`)
        break
      case 'membership-failed':
        this.#ofPeers.print(
          `membership ${event.source}`,
          `${event.source}: ${messageOf(event.cause)}${times(event.count)}`,
        )
        break
      case 'quorum': {
        const { held, present, needed } = event
        const state = held ? 'among the majority' : 'in a minority'
        this.#print(`is ${state}: ${present} members of the ${needed} that the quorum needs`)
        break
      }
      case 'stranger':
        this.#print(
          `refused a message of ${endpointKey(event.sender)}, which is no configured member${times(event.count)}`,
        )
        break
      case 'message-refused': {
        const { layer, sender, cause, count } = event
        this.#print(
          `${layer} refused a message of ${endpointKey(sender)}: ${cause.code}: ${cause.message}${times(count)}`,
        )
        break
      }
      case 'throughput': {
        const { sent, received, messagesPerSecond, bytesPerSecond } = event.report
        this.#print(
          `channel: ${sent} sent, ${received} received, ${messagesPerSecond} a second, ${bytesPerSecond} bytes a second`,
        )
        break
      }
      case 'leader-changed':
        this.#print(event.leader === undefined ? 'no leader for now' : `${nameOf(event.leader)} leads`)
        break
      case 'connection-refused':
        this.#print(`closed a connection of ${event.from}: ${event.cause.message}${times(event.count)}`)
        break
      case 'listener-failed':
        this.#print(`a listener failed: ${describeThrown(event.cause)}${times(event.count)}`)
        break
      case 'late-heartbeat':
        this.#print(`the event loop was blocked for ${Math.round(event.lateMs)} ms`)
        break
    }
  }

  #session(event: SessionEvent): void {
    switch (event.type) {
      case 'alone':
        this.#endOfStart('serving alone')
        break
      case 'state-received':
        this.#endOfStart('going on without')
        this.#print(`has ${event.sessions} sessions, those of ${event.givers.map(nameOf).join(' and ')} included`)
        break
      case 'state-timeout':
        this.#endOfStart('going on without')
        this.#print(`serves, although the sessions of the others did not come within ${event.waitedMs / 1000} s`)
        break
      case 'message-refused':
        this.#print(`refused a session message of ${nameOf(event.from)}: ${event.error.message}`)
        break
      case 'clock-ahead':
        this.#print(`the clock of ${nameOf(event.from)} is ${Math.round(event.byMs / 1000)} s too far ahead`)
        break
      case 'value-refused': {
        const name = event.error.attribute ?? ''
        if (this.#refused.has(name) || this.#refused.size >= MAX_REFUSED_NAMES) break
        this.#refused.add(name)
        this.#print(event.error.message)
        break
      }
      case 'store-failed':
        this.#print(event.error.message)
        break
      case 'store-back':
        this.#print('the store of the sessions answers again')
        break
      case 'change-lost': {
        const why = event.error === undefined ? '' : `: ${event.error.message}`
        this.#ofPeers.print('change-lost', `changes of a session are lost${why}`)
        break
      }
      case 'listener-failed':
        this.#print(`a listener failed: ${describeThrown(event.error)}`)
        break
    }
  }

  #endOfStart(consequence: string): void {
    const peers = this.#unreachable ?? []
    this.#unreachable = undefined
    if (peers.length > 0) this.#print(`cannot reach ${peers.join(', ')}; ${consequence} until that changes`)
  }
}

/** A clowder member says its route; of others there is the address. */
function nameOf(member: Member): string {
  const payload = decodePayload(member.payload)
  const route = payload && payloadValue(payload, PAYLOAD_ENTRY.ROUTE)
  const address = endpointKey(member)
  return route === undefined ? address : `${Buffer.from(route).toString('utf8')} (${address})`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`
}
