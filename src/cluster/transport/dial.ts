/** Opens one TCP connection within a time limit, and says what a failure means. */
import { connect, type Socket } from 'node:net'
import type { Clock } from '../../clock/clock.ts'
import { formatAddress } from '../address.ts'
import { Deadline } from '../deadline.ts'
import { ClusterError, reasonOf } from '../errors.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint } from '../member.ts'
import type { ProbeOutcome } from './transport.ts'

export interface Dial {
  /** Gives up without a word; does nothing when the dial is over. */
  abort(): void
}

export interface DialResult {
  /** The socket has no listeners of the dial left; its owner must handle `error`. */
  connected(socket: Socket): void
  failed(cause: ClusterError, outcome: Exclude<ProbeOutcome, 'alive'>): void
}

/** Failures of this node rather than of the peer. */
const OWN_FAILURES = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM', 'EACCES', 'EPERM', 'ENETDOWN'])

export function dial(to: Endpoint, timeoutMs: number, clock: Clock, result: DialResult): Dial {
  const socket = connect({ host: formatAddress(to.host), port: to.port, noDelay: true })
  const over = () => {
    deadline.cancel()
    socket.removeAllListeners('connect')
    socket.removeAllListeners('error')
  }
  const abort = () => {
    over()
    socket.on('error', () => {})
    socket.destroy()
  }
  const deadline = new Deadline(clock, timeoutMs, () => {
    abort()
    result.failed(connectError(to, `no answer within ${timeoutMs} ms`), 'silent')
  })
  socket.once('connect', () => {
    over()
    result.connected(socket)
  })
  socket.once('error', (error) => {
    abort()
    result.failed(connectError(to, reasonOf(error), error), probeOutcome(error))
  })
  return { abort }
}

/** What a failed connect says about the peer (TcpFailureDetector: refused, timeout and no route mean dead). */
export function probeOutcome(error: NodeJS.ErrnoException): Exclude<ProbeOutcome, 'alive'> {
  if (error.code === 'ETIMEDOUT') return 'silent'
  return error.code !== undefined && OWN_FAILURES.has(error.code) ? 'unknown' : 'dead'
}

function connectError(to: Endpoint, why: string, cause?: unknown): ClusterError {
  return new ClusterError('CLUSTER_CONNECT', `cannot connect to ${endpointKey(to)}: ${why}`, { cause })
}
