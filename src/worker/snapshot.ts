/** A worker at one moment, as plain data. What is printed is built from it, so it may grow. */
import type { ChannelSnapshot } from '../cluster/index.ts'
import type { ManagerSnapshot } from '../session/index.ts'
import type { Endpoint, EndpointAddress } from './endpoint.ts'

export interface WorkerSnapshot {
  readonly name: string
  readonly route: string
  readonly state: WorkerState
  /** Requests that are being answered. */
  readonly busy: number
  readonly connectors: readonly ConnectorFacts[]
  readonly sessions: ManagerSnapshot
  /** Undefined without a cluster. */
  readonly channel: ChannelSnapshot | undefined
}

export interface ConnectorFacts {
  readonly protocol: Endpoint['protocol']
  /** Undefined until it listens. */
  readonly address: EndpointAddress | undefined
  readonly busy: number
}

export type WorkerState = 'new' | 'starting' | 'ready' | 'stopping' | 'stopped'
