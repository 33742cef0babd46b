import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEND } from '../channel.ts'
import { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
import type { WhenFull } from '../options.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import type { OutgoingMessage } from './interceptor.ts'
import { MessageDispatch } from './message-dispatch.ts'

const [one, two] = [testMember(1), testMember(2)]
const turn = () => new Promise((resolve) => setImmediate(resolve))

function setup(maxBytes = 100, whenFull: WhenFull = 'drop') {
  const failures: { members: readonly Member[]; cause: ClusterError }[] = []
  const dispatch = new MessageDispatch({
    maxBytes,
    whenFull,
    failed: (members, cause) => failures.push({ members, cause }),
  })
  const below: { message: OutgoingMessage; written: () => void; failed: (error: unknown) => void }[] = []
  const next = (message: OutgoingMessage) =>
    new Promise<void>((written, failed) => below.push({ message, written, failed }))
  const send = (bytes: number, options: number) => {
    const message = { to: [one, two], options, timestamp: 0, uniqueId: countingId(0), body: Buffer.alloc(bytes) }
    return dispatch.send(message, next)
  }
  return { dispatch, below, failures, send }
}

test('an asynchronous message resolves before it is written, and counts until it is', async () => {
  const { dispatch, below, send } = setup()
  await send(40, SEND.ASYNCHRONOUS)
  await send(60, SEND.ASYNCHRONOUS)
  assert.equal(dispatch.queuedBytes, 100)
  below[0]?.written()
  await turn()
  assert.equal(dispatch.queuedBytes, 60)
})

test('other messages are passed through with their outcome', async () => {
  const { dispatch, below, failures, send } = setup()
  const outcome = send(1000, SEND.USE_ACK)
  assert.equal(dispatch.queuedBytes, 0)
  below[0]?.failed(new ClusterError('CLUSTER_SEND', 'x'))
  await assert.rejects(outcome, { code: 'CLUSTER_SEND' })
  assert.deepEqual(failures, [])
})

test('a failure is reported with the members that did not get the message', async () => {
  const { dispatch, below, failures, send } = setup()
  await send(40, SEND.ASYNCHRONOUS | SEND.USE_ACK)
  const cause = new ClusterError('CLUSTER_CONNECT', 'refused')
  const failure = new ClusterError('CLUSTER_SEND', 'x', { faulty: [{ member: two, cause }] })
  below[0]?.failed(failure)
  await turn()
  assert.deepEqual(failures, [{ members: [two], cause: failure }])
  assert.equal(dispatch.queuedBytes, 0)
})

test('a failure that names nobody concerns all', async () => {
  const { below, failures, send } = setup()
  await send(40, SEND.ASYNCHRONOUS)
  below[0]?.failed(new Error('a layer of the program'))
  await turn()
  assert.deepEqual(failures[0]?.members, [one, two])
  assert.equal(failures[0]?.cause.code, 'CLUSTER_SEND')
})

test('one byte beyond the limit fails at once, and room that becomes free is used again', async () => {
  const { below, failures, send } = setup(100)
  await send(100, SEND.ASYNCHRONOUS)
  await send(1, SEND.ASYNCHRONOUS)
  assert.equal(failures[0]?.cause.code, 'CLUSTER_DISPATCH_FULL')
  assert.deepEqual(failures[0]?.members, [one, two])
  assert.equal(below.length, 1, 'it does not overtake what waits')
  below[0]?.written()
  await turn()
  await send(1, SEND.ASYNCHRONOUS)
  assert.equal(below.length, 2)
})

test('with throw a message beyond the limit rejects, and nothing of it is sent', async () => {
  const { below, failures, send } = setup(100, 'throw')
  await send(100, SEND.ASYNCHRONOUS)
  await assert.rejects(send(1, SEND.ASYNCHRONOUS), { code: 'CLUSTER_DISPATCH_FULL' })
  assert.deepEqual([below.length, failures.length], [1, 0])
})

test('with wait a message beyond the limit is sent in its turn, and its caller waits until it is written', async () => {
  const { below, failures, send } = setup(100, 'wait')
  await send(100, SEND.ASYNCHRONOUS)
  let isOver = false
  const beyond = send(1, SEND.ASYNCHRONOUS).then(() => {
    isOver = true
  })
  await turn()
  assert.deepEqual([below.length, isOver], [2, false])
  below[1]?.written()
  await beyond
  assert.deepEqual(failures, [])
})
