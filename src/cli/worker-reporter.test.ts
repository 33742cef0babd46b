import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../clock/fake-clock.ts'
import { ClusterError, encodePayload, type Member, PAYLOAD_ENTRY } from '../cluster/index.ts'
import { createMember } from '../cluster/member.ts'
import { ConnectorError } from '../connector/errors.ts'
import { createSessionManager, SessionError } from '../session/index.ts'
import type { WorkerEvent } from '../worker/index.ts'
import { WorkerReporter } from './worker-reporter.ts'

const host = Uint8Array.of(127, 0, 0, 1)
const stranger = createMember({ host, port: 4009, uniqueId: new Uint8Array(16) })
const worker2: Member = {
  ...stranger,
  port: 4001,
  payload: encodePayload({ version: 1, entries: [{ type: PAYLOAD_ENTRY.ROUTE, value: Buffer.from('worker2') }] }),
}
const cause = new ClusterError('CLUSTER_CONNECT', 'connection refused')

const alone: WorkerEvent = { type: 'session', event: { type: 'alone' } }
const received: WorkerEvent = {
  type: 'session',
  event: { type: 'state-received', from: worker2, givers: [worker2], sessions: 7 },
}
function unreachable(port: number): WorkerEvent {
  return { type: 'cluster', event: { type: 'member-unreachable', endpoint: { host, port }, cause } }
}

function lines(...events: WorkerEvent[]): string[] {
  const printed: string[] = []
  const reporter = new WorkerReporter((line) => void printed.push(line), new FakeClock())
  for (const event of events) reporter.report(event)
  return printed
}

describe('worker reporter', () => {
  const session = createSessionManager({ name: 'a' }).create()
  const error = new SessionError('SESSION_VALUE', 'cart holds a function', { attribute: 'cart' })
  const refused: WorkerEvent = { type: 'session', event: { type: 'value-refused', session, error } }
  const down = new SessionError('SESSION_STORE', 'the store is down')
  const peer = { address: '::1', port: 5000 }
  const withoutSecret: WorkerEvent = {
    type: 'connector',
    event: {
      type: 'refused',
      error: new ConnectorError('CONNECTOR_SECRET', 'none'),
      peer,
      request: { method: 'GET', path: '/x' },
    },
  }
  const TABLE: [string, WorkerEvent[], string[]][] = [
    ['a worker without peers starts in silence', [alone], []],
    [
      'peers that cannot be reached at the start are one line',
      [unreachable(4001), unreachable(4002), alone],
      ['cannot reach 127.0.0.1:4001, 127.0.0.1:4002; serving alone until that changes'],
    ],
    [
      'so it is when another one is there',
      [unreachable(4002), received],
      [
        'cannot reach 127.0.0.1:4002; going on without until that changes',
        'has 7 sessions, those of worker2 (127.0.0.1:4001) included',
      ],
    ],
    ['later on each has a line', [alone, unreachable(4001)], ['cannot reach 127.0.0.1:4001: connection refused']],
    [
      'members come and go',
      [
        { type: 'cluster', event: { type: 'member-added', member: worker2 } },
        { type: 'cluster', event: { type: 'member-disappeared', member: worker2, reason: 'stopped' } },
        { type: 'cluster', event: { type: 'member-disappeared', member: stranger, reason: 'unreachable' } },
      ],
      [
        'worker2 (127.0.0.1:4001) has joined',
        'worker2 (127.0.0.1:4001) has left',
        '127.0.0.1:4009 is gone (unreachable)',
      ],
    ],
    [
      'a request that failed says where',
      [{ type: 'app-failed', method: 'GET', url: '/x', error: 'no' }],
      ['GET /x failed: it threw string "no"'],
    ],
    [
      'a store that cannot be reached is told once, however often it is tried, and so are requests that fail for it',
      [
        { type: 'store-unreachable', error: new Error('connect ECONNREFUSED 127.0.0.1:6379') },
        { type: 'store-unreachable', error: new Error('connect ECONNREFUSED 127.0.0.1:6379') },
        { type: 'session', event: { type: 'store-failed', error: down } },
        { type: 'app-failed', method: 'GET', url: '/x', error: down },
        { type: 'app-failed', method: 'GET', url: '/y', error: down },
        { type: 'session', event: { type: 'change-lost', session, error: down } },
        { type: 'session', event: { type: 'change-lost', session, error: undefined } },
        { type: 'session', event: { type: 'store-back' } },
      ],
      [
        'cannot reach the store of the sessions: connect ECONNREFUSED 127.0.0.1:6379',
        down.message,
        `GET /x failed: SESSION_STORE: ${down.message}`,
        `changes of a session are lost: ${down.message}`,
        'the store of the sessions answers again',
      ],
    ],
    [
      'a request without the secret says whose it was, once a minute',
      [withoutSecret, withoutSecret],
      ['AJP: CONNECTOR_SECRET: a request without the secret, or with another one: none; refused GET /x of [::1]:5000'],
    ],
    [
      'that a client or its web server goes away is not told',
      [{ type: 'connector', event: { type: 'aborted', error: new ConnectorError('CONNECTOR_PEER_LEFT'), peer } }],
      [],
    ],
    ['a value that cannot be replicated is told once', [refused, refused], [error.message]],
    ['what is only counted is not told', [{ type: 'cluster', event: { type: 'started', local: worker2 } }], []],
  ]
  for (const [rule, events, want] of TABLE) it(rule, () => assert.deepEqual(lines(...events), want))

  it('prints the words of others so that no terminal obeys them, and on one line', () => {
    const route = { type: PAYLOAD_ENTRY.ROUTE, value: Buffer.from('w\u001b[2J\u009b2J') }
    const member = { ...worker2, payload: encodePayload({ version: 1, entries: [route] }) }
    const failed = new Error('no \u0007 cart')
    failed.stack = ''
    assert.deepEqual(
      lines(
        { type: 'cluster', event: { type: 'member-added', member } },
        { type: 'app-failed', method: 'GET', url: '/x\nclowder: is well', error: failed },
      ),
      ['w?[2J?2J (127.0.0.1:4001) has joined', 'GET /x?clowder: is well failed: Error: no ? cart'],
    )
  })
})
