import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SEND } from './channel.ts'
import { MessageDecoder } from './channel-data.ts'
import { Coordinator } from './coordinator.ts'
import { ClusterError } from './errors.ts'
import { ACK_FRAME, FRAME_DATA, FRAME_END, readAck } from './frame.ts'
import { sameMember } from './identity.ts'
import type { IncomingMessage, ReceiveNext } from './interceptors/interceptor.ts'
import type { Member } from './member.ts'
import { countingId, testMember } from './testing/fixture.ts'
import type { Outcome, Transport } from './transport/transport.ts'

const local = testMember(1)
const dataOf = (frame: Buffer) => frame.subarray(FRAME_DATA, frame.length - FRAME_END.length)

interface Sent {
  to: Member
  frame: Buffer
  wantsAck: boolean
  outcome: Outcome | undefined
}

function setup(receive: ReceiveNext = () => true) {
  const sent: Sent[] = []
  const failures: unknown[] = []
  const transport: Pick<Transport, 'send'> = {
    send: (to, frame, wantsAck, outcome) => sent.push({ to, frame, wantsAck, outcome }),
  }
  const coordinator = new Coordinator(local, {
    transport: transport as Transport,
    maxFrameBytes: 4096,
    receive,
    failed: (cause) => failures.push(cause),
  })
  return { coordinator, sent, failures }
}

const message = (to: readonly Member[], options: number, body = Buffer.from('x')) => {
  return { to, options, timestamp: 1, uniqueId: countingId(0), body }
}

describe('sending', () => {
  const [two, three] = [testMember(2), testMember(3)]

  test('hands the same frame to all, with the sender in it', async () => {
    const { coordinator, sent } = setup()
    const outcome = coordinator.send(message([two, three], SEND.USE_ACK))
    assert.deepEqual(
      sent.map(({ to, wantsAck }) => [to, wantsAck]),
      [
        [two, true],
        [three, true],
      ],
    )
    assert.equal(sent[0]?.frame, sent[1]?.frame)
    assert.ok(sameMember(new MessageDecoder().decode(dataOf(sent[0]!.frame)).sender, local))
    for (const { to, outcome: each } of sent) each?.settled(to, undefined)
    await outcome
  })

  test('waits for the last, and names those that failed', async () => {
    const { coordinator, sent } = setup()
    const outcome = coordinator.send(message([two, three], 0))
    const cause = new ClusterError('CLUSTER_CONNECT', 'refused')
    sent[0]?.outcome?.settled(two, cause)
    sent[1]?.outcome?.settled(three, undefined)
    await assert.rejects(outcome, {
      code: 'CLUSTER_SEND',
      message: '1 of 2 members did not get the message: tcp://{10, 0, 0, 2}:4000 (CLUSTER_CONNECT: refused)',
      faulty: [{ member: two, cause }],
    })
  })

  test('to nobody is done at once', async () => {
    const { coordinator, sent } = setup()
    await coordinator.send(message([], 0))
    assert.deepEqual(sent, [])
  })

  test('asks for an acknowledgement exactly when the options do', async () => {
    const { coordinator, sent } = setup()
    for (const options of [0, 1, 8, SEND.SYNCHRONIZED_ACK, 2, 6, 10]) void coordinator.send(message([two], options))
    assert.deepEqual(
      sent.map(({ wantsAck }) => wantsAck),
      [false, false, false, false, true, true, true],
    )
  })

  test('a frame of exactly the limit goes, one byte more does not', async () => {
    const { coordinator, sent } = setup()
    const head = coordinator.frameOf(message([], 0, Buffer.alloc(0))).length
    void coordinator.send(message([two], 0, Buffer.alloc(4096 - head)))
    assert.equal(sent.length, 1)
    const failure = coordinator.send(message([two], 0, Buffer.alloc(4097 - head)))
    await assert.rejects(failure, { code: 'CLUSTER_BODY_TOO_LARGE' })
    assert.equal(sent.length, 1)
  })

  test('what the node says of itself may change', () => {
    const { coordinator } = setup()
    coordinator.setLocal({ ...local, aliveMs: 77 })
    const frame = coordinator.frameOf(message([], 0))
    assert.equal(new MessageDecoder().decode(dataOf(frame)).sender.aliveMs, 77)
  })
})

describe('acknowledging', () => {
  const boom = new Error('boom')
  const fails = () => {
    throw boom
  }
  const later = async () => true
  const failsLater = async () => fails()
  const rows: [rule: string, options: number, receive: ReceiveNext, trace: string][] = [
    ['0: never', 0, () => true, 'received'],
    ['8: never', SEND.ASYNCHRONOUS, () => true, 'received'],
    ['4 without 2: never', SEND.SYNCHRONIZED_ACK, () => true, 'received'],
    ['2: on receipt', SEND.USE_ACK, () => true, 'ack received'],
    ['2: on receipt, whatever comes of it', SEND.USE_ACK, fails, 'ack received failed'],
    ['6: after processing', 6, () => true, 'received ack'],
    ['6: also when nobody took it', 6, () => false, 'received ack'],
    ['6: after a listener that takes its time', 6, later, 'received later ack'],
    ['6: negative when processing throws', 6, fails, 'received fail-ack failed'],
    ['6: negative when processing rejects', 6, failsLater, 'received later fail-ack failed'],
    ['10: on receipt', 10, later, 'ack received later'],
    ['0: a failure is told', 0, failsLater, 'received later failed'],
  ]
  for (const [rule, options, receive, expected] of rows) {
    test(rule, async () => {
      const trace: string[] = []
      const { coordinator, failures } = setup((incoming: IncomingMessage) => {
        trace.push('received')
        const answer = receive(incoming)
        return typeof answer === 'boolean' ? answer : answer.finally(() => trace.push('later'))
      })
      const handle = coordinator.accepted((frame) => trace.push(readAck(dataOf(frame)) ?? 'other'))
      await handle(dataOf(coordinator.frameOf(message([], options))))
      if (failures.length > 0) trace.push('failed')
      assert.equal(trace.join(' '), expected)
    })
  }

  test('bytes that are no message are thrown back, so that their connection is closed', () => {
    const { coordinator } = setup(() => assert.fail('received'))
    const handle = coordinator.accepted(() => assert.fail('replied'))
    assert.throws(() => handle(dataOf(ACK_FRAME)), { code: 'CLUSTER_MESSAGE' })
  })
})
