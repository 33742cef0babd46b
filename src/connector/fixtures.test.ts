/**
 * S1 and S18 (ajp13.md 8.3): what real mod_jk and mod_proxy_ajp sent, and what was constructed from the specification,
 * reaches the application as the independent decoder read it, wherever the stream is cut.
 */
import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { type ExpectedPacket, type FixturePacket, fixtures } from '../ajp/testing/fixtures.ts'
import { AjpConnection } from './connection.ts'
import { resolveOptions } from './resolve-options.ts'
import { ConnectorState } from './state.ts'
import { MemorySocket } from './testing/memory-socket.ts'
import { readAll } from './testing/start.ts'

/** Up to here a stream is cut at every place, behind it at every so-manieth. */
const EVERY_PLACE_BYTES = 700
const SPARSE = 211
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

interface Seen {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly from: readonly (string | number | undefined)[]
  readonly body: string
}

const files = [...fixtures(''), ...fixtures('live/')]
  .map(({ name, packets }) => ({ name, packets: packets.filter(({ dir }) => dir === 'C>S') }))
  // Not malformed ones, nor those that end before their body does.
  .filter(({ name, packets }) => packets.length > 0 && !/^(m\d|tc-)|early-response/.test(name))

describe('the application sees what was sent', () => {
  for (const { name, packets } of files)
    test(name, async () => {
      const whole = await play(packets, (bytes) => [bytes])
      assert.deepEqual(whole, expectedOf(packets))
      const longest = Math.max(...turns(packets).map((turn) => turn.length))
      for (let at = 1; at < longest; at += at < EVERY_PLACE_BYTES ? 1 : SPARSE) {
        const cut = (bytes: Buffer) => [bytes.subarray(0, at), bytes.subarray(at)]
        assert.deepEqual(await play(packets, cut), whole, `cut at ${at}`)
      }
      assert.deepEqual(await play(packets, bytewise), whole, 'byte by byte')
    })

  test('and in any other chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }),
        async ({ packets }, sizes) => {
          assert.deepEqual(await play(packets, (bytes) => inSizes(bytes, sizes)), expectedOf(packets))
        },
      ),
      { numRuns: 200 },
    )
  })
})

test('mod_jk and mod_proxy_ajp give the same request, apart from what is known', async () => {
  let pairs = 0
  for (const { name, packets } of files) {
    const other = files.find((file) => file.name === name.replace(/^jk-/, 'px-'))
    if (!name.startsWith('jk-') || other === undefined) continue
    const seen = [await play(packets, (bytes) => [bytes]), await play(other.packets, (bytes) => [bytes])]
    const [jk, px] = seen.map((requests) => requests.map(({ method, url, body }) => ({ method, url, body })))
    assert.deepEqual(jk, px, name)
    pairs++
  }
  assert.ok(pairs > 25, `${pairs} pairs`)
})

/** The beginning at least. */
function bytewise(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < EVERY_PLACE_BYTES; at++) pieces.push(bytes.subarray(at, at + 1))
  return [...pieces, bytes.subarray(EVERY_PLACE_BYTES)]
}

function inSizes(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

/** What travels unasked: a request with the first packet of its body, or a CPING. */
function turns(packets: readonly FixturePacket[]): Buffer[] {
  return packets.flatMap((packet, i) => {
    const next = packets[i + 1]
    if (packet.expected.type === 'BODY') return []
    return [
      next !== undefined && owesBody(packet.expected) && next.expected.type === 'BODY'
        ? Buffer.concat([packet.bytes, next.bytes])
        : packet.bytes,
    ]
  })
}

function owesBody({ type, headers }: ExpectedPacket): boolean {
  if (type !== 'FORWARD_REQUEST') return false
  return headers.some(([name, value]) => name.toLowerCase() === 'content-length' && Number(value) > 0)
}

async function play(packets: readonly FixturePacket[], cut: (bytes: Buffer) => Buffer[]): Promise<Seen[]> {
  const seen: Seen[] = []
  let answered = 0
  const handler = async (request: IncomingMessage, response: { end(): void }) => {
    const { method, url, rawHeaders, socket } = request
    const from = [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort]
    const body = (await readAll(request)).toString('latin1')
    seen.push({ method: method!, url: url!, rawHeaders, from, body })
    response.end()
    answered++
  }
  const state = new ConnectorState(
    handler,
    resolveOptions({
      secretRequired: false,
      packetSize: 65_536,
      allowedRequestAttributesPattern: '.*',
    }),
  )
  const socket = new MemorySocket()
  const connection = new AjpConnection(socket.asSocket(), state)
  socket.received = (bytes) => connection.received(bytes)
  const queue = [...packets]
  let requests = 0
  for (let packet = queue.shift(); packet !== undefined; packet = queue.shift()) {
    // Nobody asks for what is behind the last byte of a known length.
    if (packet.expected.type === 'BODY') continue
    const hasFirst = owesBody(packet.expected) && queue[0]?.expected.type === 'BODY'
    const bytes = hasFirst ? Buffer.concat([packet.bytes, queue.shift()!.bytes]) : packet.bytes
    for (const piece of cut(bytes)) socket.send(piece)
    if (packet.expected.type !== 'FORWARD_REQUEST') continue
    requests++
    while (answered < requests) {
      await nextTurn()
      assert.ok(!socket.destroyed, 'the connection is in step')
      if (!isBodyAsked(socket.take())) continue
      const next = queue.shift()
      assert.equal(next?.expected.type, 'BODY', 'something is left to send')
      for (const piece of cut(next!.bytes)) socket.send(piece)
    }
    await nextTurn()
  }
  socket.finish()
  return seen
}

function isBodyAsked(output: Buffer): boolean {
  return output.length === 7 && output[4] === 6
}

function expectedOf(packets: readonly FixturePacket[]): Seen[] {
  const seen: Seen[] = []
  let body = ''
  let head: ExpectedPacket | undefined
  const finish = () => {
    if (head === undefined) return
    const attribute = (name: string) => head!.attributes.find(([key]) => key === name)?.[1]
    const named = (name: string) =>
      head!.attributes.find(([key, other]) => key === 'req_attribute' && other === name)?.[2] as string | undefined
    const query = attribute('query_string')
    const port = named('AJP_REMOTE_PORT')
    seen.push({
      method: head.method,
      url: query === undefined ? head.uri : `${head.uri}?${query}`,
      // As over HTTP, where nobody says so without a body.
      rawHeaders: head.headers
        .filter(([name, value]) => !(BODILESS.has(head!.method) && name === 'content-length' && value === '0'))
        .flat(),
      from: [
        head.remoteAddr ?? undefined,
        port === undefined ? undefined : Number(port),
        named('AJP_LOCAL_ADDR'),
        head.serverPort,
      ],
      body,
    })
  }
  for (const { expected, payload } of packets) {
    if (expected.type === 'BODY')
      body += payload.length < 2 ? '' : payload.subarray(2, 2 + payload.readUInt16BE(0)).toString('latin1')
    else if (expected.type === 'FORWARD_REQUEST') {
      finish()
      head = expected
      body = ''
    }
  }
  finish()
  return seen
}
