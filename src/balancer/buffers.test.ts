import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ReadBuffers } from './buffers.ts'
import { stage } from './testing/engine.ts'

describe('read buffers', () => {
  test('all that is small is read into one, and a socket that asks again gets it again', () => {
    const first = new ReadBuffers()
    const second = new ReadBuffers()
    const shared = first.next()
    assert.equal(first.next(), shared)
    assert.equal(second.next(), shared)
    assert.equal(first.canSpare(shared, 65_536), false)
  })

  test('a stream has one of its own, which it gives up for another when it is passed on', () => {
    const buffers = new ReadBuffers()
    const shared = buffers.next()
    buffers.beginStream()
    const own = buffers.next()
    assert.notEqual(own, shared)
    assert.equal(buffers.next(), own)
    assert.equal(buffers.canSpare(own, 8_191), false, 'too little to be worth a buffer')
    assert.equal(buffers.canSpare(own, 8_192), true)
    const written = buffers.spare(own)
    assert.equal(buffers.canSpare(own, 8_192), false, 'it has left')
    const next = buffers.next()
    assert.notEqual(next, own)
    written()
    buffers.endStream()
    assert.equal(buffers.next(), shared)
  })

  test('a buffer that is written, or not needed any longer, serves the next stream', () => {
    const stream = () => {
      const buffers = new ReadBuffers()
      buffers.beginStream()
      return buffers
    }
    const first = stream()
    const passedOn = first.next()
    first.spare(passedOn)()
    assert.equal(stream().next(), passedOn)
    const second = stream()
    const unused = second.next()
    second.endStream()
    second.next()
    assert.equal(stream().next(), unused)
  })
})

/** Bytes that are others for each body and each position. */
function bodyOf(number: number, length: number): Buffer {
  const body = Buffer.alloc(length)
  for (let i = 0; i + 4 <= length; i += 4) body.writeUInt32LE(Math.imul(i + 1, 0x9e3779b1 + 2 * number) >>> 0, i)
  return body
}

const sha = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

test('many large answers at once to clients of all speeds arrive as they were sent', async (t) => {
  const bodies = Array.from({ length: 8 }, (_, i) => bodyOf(i, 4 * 1_048_576 + i))
  const { engine } = await stage(t, async (connection) => {
    for (;;) {
      const request = await connection.expectMessage().catch(() => undefined)
      if (request === undefined) return
      const [, number = '', framing] = /^GET \/(\d) ?\?(\w+)/.exec(request.startLine) ?? []
      const body = bodies[Number(number)]!
      if (framing === 'length') {
        await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
        await connection.send(body)
      } else {
        await connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n`)
        for (let at = 0; at < body.length; at += 100_000) {
          const piece = body.subarray(at, at + 100_000)
          await connection.send(`${piece.length.toString(16)}\r\n`)
          await connection.send(piece)
          await connection.send('\r\n')
        }
        await connection.send('0\r\n\r\n')
      }
    }
  })
  const download = async (number: number, framing: string) => {
    const answer = await new Promise<IncomingMessage>((done) =>
      httpGet({ port: engine.port, path: `/${number}?${framing}`, agent: false }, done),
    )
    const pieces: Buffer[] = []
    for await (const piece of answer) {
      pieces.push(piece)
      // The slow ones leave their buffers waiting while others take theirs.
      if (number % 2 === 1 && pieces.length % 8 === 0) await sleep(1)
    }
    assert.equal(sha(Buffer.concat(pieces)), sha(bodies[number]!), `${number}, ${framing}`)
  }
  await Promise.all(bodies.flatMap((_, i) => [download(i, 'length'), download(i, 'chunked')]))
})
