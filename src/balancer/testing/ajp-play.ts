/** One request, a container that does this and that, and what has become of both ends. */
import assert from 'node:assert/strict'
import type { EndpointWorkerOptions } from '../options.ts'
import { AjpStage, type AskOptions, type FakeClient } from './ajp-stage.ts'

/** What becomes of an answer: the client's view of it, and the connection's fate. */
export interface Fate {
  readonly status?: number
  readonly outcome?: FakeClient['outcome']
  readonly body?: string
  readonly fields?: string
  /** Default: used again. */
  readonly connection?: 'reused' | 'destroyed' | 'waits'
}

export type Step = Buffer | 'close' | 'hold'

/** Sends one request on a new connection, and plays what the container does. */
export function play(steps: readonly Step[], ask: AskOptions = {}, options: Partial<EndpointWorkerOptions> = {}) {
  const stage = AjpStage.connected(options)
  const { client, failures } = stage.ask(ask)
  for (const step of steps) {
    if (step === 'close') stage.socket.end()
    else if (step === 'hold') stage.clock.advance(10)
    else stage.socket.feed(step)
  }
  const connection = stage.closed > 0 ? 'destroyed' : stage.idle > 1 ? 'reused' : 'waits'
  assert.equal(stage.socket.destroyed, stage.closed > 0, 'a closed connection has no socket left')
  return { stage, client, failures, connection }
}

export function check(
  steps: readonly Step[],
  fate: Fate,
  ask: AskOptions = {},
  options: Partial<EndpointWorkerOptions> = {},
) {
  const { client, connection } = play(steps, ask, options)
  const { outcome = 'complete', status = 200 } = fate
  assert.equal(client.outcome, outcome)
  if (outcome === 'complete' || outcome === 'cut') assert.equal(client.status, status)
  else assert.equal(client.head, '', 'nothing of the answer reached the client')
  if (fate.body !== undefined) assert.equal(client.body, fate.body)
  if (fate.fields !== undefined) assert.equal(client.fields, fate.fields)
  assert.equal(connection, fate.connection ?? 'reused')
}
