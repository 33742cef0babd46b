/** A worker at one moment, as plain data. What is printed is built from it, so it may grow. */
import type { ChannelSnapshot } from '../cluster/index.ts'
import type { ManagerSnapshot } from '../session/index.ts'

export interface WorkerSnapshot {
  readonly name: string
  readonly route: string
  readonly state: WorkerState
  /** Requests that are being answered. */
  readonly busy: number
  readonly sessions: ManagerSnapshot
  /** Undefined without a cluster. */
  readonly channel: ChannelSnapshot | undefined
}

export type WorkerState = 'new' | 'starting' | 'ready' | 'stopping' | 'stopped'
