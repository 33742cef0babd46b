/** The request body between a client and its backend, and who is told when one of them is gone. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Fields, RequestFields } from '../http1/index.ts'
import { type AnswerSink, type Carrier, Exchange, type Failure, REPLAY_BYTES } from './exchange.ts'
import { ForwardedFields } from './forwarded-fields.ts'
import { Forwarding } from './headers.ts'

/** Both neighbours of an exchange, who write down what is asked of them. */
class Neighbours {
  readonly log: string[] = []
  body = ''
  writes = 0
  /** What the carrier says to each piece. */
  isReady = true

  readonly sink = {
    together: (write: () => void) => write(),
    pauseBody: () => void this.log.push('pause'),
    resumeBody: () => void this.log.push('resume'),
    sendError: (_: Exchange, code: string) => void this.log.push(`error ${code}`),
    cut: () => void this.log.push('cut'),
    sendHead: () => void this.log.push('head'),
    sendEnd: () => void this.log.push('end'),
  } as unknown as AnswerSink

  carrier(name = 'carrier'): Carrier {
    return {
      writeBody: (data) => {
        this.writes++
        this.body += Buffer.from(data).toString('latin1')
        return this.isReady
      },
      endBody: () => void this.log.push(`${name} has it all`),
      resumeAnswer: () => void this.log.push(`${name} resumes`),
      abandon: () => void this.log.push(`${name} gives up`),
    }
  }
}

function start(bodyLength: number): { neighbours: Neighbours; exchange: Exchange } {
  const neighbours = new Neighbours()
  const facts = { address: '127.0.0.1', port: 1, localPort: 2, encrypted: false }
  const fields = { bodyLength } as RequestFields
  const request = {
    method: 'POST',
    target: '/',
    minor: 1,
    host: 'a',
    fields,
    forwarded: new ForwardedFields(fields, 'a', new Forwarding(facts, false)),
    startedAtMs: 0,
  }
  return { neighbours, exchange: new Exchange(neighbours.sink, facts, { ...request, minor: 1 }) }
}

const NO_TRAILERS: Fields | undefined = undefined
const bytes = (count: number) => Buffer.alloc(count, 'x')
const cut: Failure = { code: 'LB_REPLY_CUT', stage: 'sent', staleConnection: false }

describe('a request body', () => {
  test('that comes before its carrier is kept, in few pieces, and handed over', () => {
    const { neighbours, exchange } = start(10_000)
    for (let i = 0; i < 10_000; i++) exchange.bodyData(Buffer.from(`${i % 10}`))
    exchange.bodyEnd(NO_TRAILERS)
    exchange.carriedBy(neighbours.carrier())
    assert.equal(neighbours.body, '0123456789'.repeat(1_000))
    assert.ok(neighbours.writes <= 17, `${neighbours.writes} writes`)
    assert.deepEqual(neighbours.log, ['carrier has it all'])
  })

  test('of nothing needs no end', () => {
    const { neighbours, exchange } = start(0)
    exchange.carriedBy(neighbours.carrier())
    assert.deepEqual([neighbours.log, exchange.bodyEnded], [[], true])
  })

  test('waits for a carrier once there is as much as may be kept', () => {
    const { neighbours, exchange } = start(1_000_000)
    exchange.bodyData(bytes(REPLAY_BYTES - 1))
    assert.deepEqual(neighbours.log, [])
    exchange.bodyData(bytes(1))
    assert.deepEqual(neighbours.log, ['pause'])
    exchange.carriedBy(neighbours.carrier())
    assert.deepEqual(neighbours.log, ['pause', 'resume'])
    assert.equal(neighbours.body.length, REPLAY_BYTES)
  })

  test('waits for a carrier that is slow', () => {
    const { neighbours, exchange } = start(1_000_000)
    exchange.carriedBy(neighbours.carrier())
    neighbours.isReady = false
    exchange.bodyData(bytes(1))
    exchange.bodyData(bytes(1))
    assert.deepEqual(neighbours.log, ['pause'])
    exchange.bodyDrained()
    assert.deepEqual(neighbours.log, ['pause', 'resume'])
  })

  test('is sent again as long as all of it is there', () => {
    const { neighbours, exchange } = start(REPLAY_BYTES)
    exchange.server = { failed: () => exchange.carriedBy(neighbours.carrier('second')), finished: () => {} }
    exchange.carriedBy(neighbours.carrier('first'))
    exchange.bodyData(bytes(REPLAY_BYTES))
    assert.equal(exchange.isReplayable, true)
    exchange.fail(cut)
    assert.equal(neighbours.body.length, 2 * REPLAY_BYTES)
    exchange.bodyEnd(NO_TRAILERS)
    assert.deepEqual(neighbours.log, ['second has it all'])
  })

  test('is let go when it is longer, or when the answer has begun', () => {
    const long = start(1_000_000)
    long.exchange.carriedBy(long.neighbours.carrier())
    long.exchange.bodyData(bytes(REPLAY_BYTES + 1))
    assert.equal(long.exchange.isReplayable, false)
    const answered = start(10)
    answered.exchange.carriedBy(answered.neighbours.carrier())
    answered.exchange.bodyData(bytes(1))
    answered.exchange.head({ status: 200, text: '', framing: 'none', length: -1 })
    assert.equal(answered.exchange.isReplayable, false)
  })
})

describe('the end of an exchange', () => {
  test('a client that goes away frees who carries it, or who holds it until then', () => {
    const carried = start(0)
    carried.exchange.heldBy(carried.neighbours.carrier('line'))
    carried.exchange.carriedBy(carried.neighbours.carrier())
    carried.exchange.abort()
    assert.deepEqual(carried.neighbours.log, ['carrier gives up'])
    const held = start(0)
    held.exchange.heldBy(held.neighbours.carrier('line'))
    held.exchange.abort()
    held.exchange.abort()
    assert.deepEqual(held.neighbours.log, ['line gives up'])
    assert.equal(held.exchange.finished, true)
  })

  test('the server is told once, and whether the client was there', () => {
    for (const aborted of [true, false]) {
      const { exchange } = start(0)
      const told: boolean[] = []
      exchange.server = { failed: () => {}, finished: (_, was) => told.push(was) }
      if (aborted) exchange.abort()
      else exchange.end(NO_TRAILERS)
      exchange.abort()
      exchange.refuse('LB_REPLY_CUT')
      exchange.fail(cut)
      assert.deepEqual(told, [aborted])
    }
  })

  test('a failure that nobody takes care of is told to the client, or cuts it off', () => {
    const early = start(0)
    early.exchange.fail(cut)
    assert.deepEqual(early.neighbours.log, ['error LB_REPLY_CUT'])
    const late = start(0)
    late.exchange.head({ status: 200, text: '', framing: 'none', length: -1 })
    late.exchange.fail(cut)
    assert.deepEqual(late.neighbours.log, ['head', 'cut'])
  })
})
