/**
 * C1 and C23: what Tomcat really sends, and the packets of the specification, through a connection: whole, byte by byte and
 * cut at every place, always with the same result for the client.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeForwardRequest, MESSAGE } from '../ajp/index.ts'
import { type Fixture, fixtures } from '../ajp/testing/fixtures.ts'
import { AjpStage, type AskOptions } from './testing/ajp-stage.ts'

/** One request, and what the container said to it. */
interface Turn {
  readonly kind: 'request' | 'ping'
  readonly ask: AskOptions
  readonly says: Buffer
}

/** Requests of the fixtures that we would not send are asked for as plain GETs: here it is the answers that count. */
function turnsOf({ packets }: Fixture): Turn[] {
  const turns: { kind: Turn['kind']; ask: AskOptions; says: Buffer[] }[] = []
  for (const { dir, payload, bytes, expected } of packets) {
    if (dir === 'S>C') turns.at(-1)?.says.push(bytes)
    else if (expected.type === 'CPING') turns.push({ kind: 'ping', ask: {}, says: [] })
    else if (payload[0] === MESSAGE.FORWARD_REQUEST && expected.type === 'FORWARD_REQUEST')
      turns.push({ kind: 'request', ask: askOf(payload), says: [] })
  }
  return turns.map((turn) => ({ ...turn, says: Buffer.concat(turn.says) })).filter(({ says }) => says.length > 0)
}

function askOf(payload: Buffer): AskOptions {
  try {
    const { method, bodyLength } = decodeForwardRequest(payload)
    const isHead = method === 'HEAD'
    if (bodyLength > 0)
      return { method: 'POST', fields: `Host: a\r\nContent-Length: ${bodyLength}\r\n`, body: 'x'.repeat(bodyLength) }
    return { method: isHead ? 'HEAD' : 'GET' }
  } catch {
    return {}
  }
}

interface Seen {
  readonly head: string | undefined
  readonly body: string | undefined
  readonly outcome: string | undefined
  readonly closed: number
}

/**
 * What may not depend on the cuts. Of an answer that fails the client gets what had come before, and an error page when
 * nothing had: how much that was does.
 */
function lasting(seen: readonly Seen[]): unknown[] {
  return seen.map(({ head, body, outcome, closed }) =>
    outcome === 'complete' ? { head, body, closed } : { fails: outcome !== undefined, closed },
  )
}

/** What came of all turns, each cut by `cut`; a connection that is gone is followed by another. */
function play(turns: readonly Turn[], cut: (bytes: Buffer) => readonly Buffer[]): Seen[] {
  let stage = AjpStage.connected({ maxPacketSize: 65_536 })
  return turns.map(({ kind, ask, says }) => {
    if (stage.closed > 0) stage = AjpStage.connected({ maxPacketSize: 65_536 })
    if (kind === 'ping') stage.connection.probe()
    const asked = kind === 'ping' ? undefined : stage.ask(ask)
    for (const piece of cut(says)) stage.socket.feed(piece)
    // What is not over by now waits for something that is not in the fixture.
    const isOpen = asked?.client.outcome === 'open'
    if (isOpen) {
      stage.clock.advance(10)
      stage.socket.end()
    }
    const { head, body, outcome } = asked?.client ?? {}
    return { head, body, outcome, closed: stage.closed }
  })
}

const served = [...fixtures(''), ...fixtures('live/').filter(({ name }) => name.startsWith('tc-'))]
  .map((fixture) => ({ name: fixture.name, turns: turnsOf(fixture) }))
  .filter(({ turns }) => turns.length > 0)

/** Every place in short ones; in long ones the first and the last, where heads are. */
function placesOf(length: number): number[] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1)
  return all.length <= 1_200 ? all : [...all.slice(0, 800), ...all.slice(-400)]
}

describe('C1 and C23: answers of the fixtures at every split position', () => {
  for (const { name, turns } of served) {
    test(name, () => {
      const result = (cut: (bytes: Buffer) => readonly Buffer[]) => lasting(play(turns, cut))
      const whole = result((bytes) => [bytes])
      assert.deepEqual(
        result((bytes) => Array.from(bytes, (byte) => Buffer.of(byte))),
        whole,
      )
      for (const at of placesOf(Math.max(...turns.map(({ says }) => says.length)))) {
        const cut = result((bytes) => [bytes.subarray(0, at), bytes.subarray(at)])
        assert.deepEqual(cut, whole, `cut at ${at}`)
      }
    })
  }
})

describe('what the client gets of them', () => {
  const rows: readonly [name: string, turn: number, outcome: string, start: string, body: string][] = [
    ['02-get-3-headers-route', 0, 'complete', 'HTTP/1.1 200 OK\r\n', 'Hello World!'],
    ['03-post-form-body', 0, 'complete', 'HTTP/1.1 200 OK\r\n', 'test - data'],
    ['12-flush-and-two-chunks', 0, 'complete', 'HTTP/1.1 200 OK\r\n', ''],
    ['18-early-response-swallow', 0, 'complete', 'HTTP/1.1 401 Unauthorized\r\n', ''],
    ['tc-08-500-after-commit', 0, 'cut', '', ''],
    ['tc-33-content-length-shorter', 0, 'LB_REPLY_SHORT', '', ''],
    ['tc-37-crlf-headers', 0, 'LB_REPLY_MALFORMED', '', ''],
  ]
  for (const [name, turn, outcome, start, body] of rows) {
    test(name, () => {
      const found = served.find((each) => each.name === name)
      assert.ok(found, 'the fixture is there')
      const seen = play(found.turns, (bytes) => [bytes])[turn]!
      assert.equal(seen.outcome, outcome)
      assert.ok(seen.head!.startsWith(start), seen.head)
      if (body !== '') assert.equal(seen.body, body)
    })
  }
})
