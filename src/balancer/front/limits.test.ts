/** Every limit of the front: at it, one past it, and the status that says so. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../../../test/kit/until.ts'
import { answering, get, ok, silent, stage } from '../testing/engine.ts'

const HEAD_BYTES = 1_000
const limits = { headBytes: HEAD_BYTES, headerCount: 5, targetBytes: 32, bodyBytes: 100, pipelinedRequests: 4 }

const echo = answering((request) => ok(`${request.body.length}`))

/** A request whose head has exactly this many bytes, the empty line included. */
function headOf(bytes: number): string {
  const rest = bytes - get('/', 'X: ').length
  return get('/', `X: ${'x'.repeat(rest)}`)
}

const post = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`
const chunkedPost = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunks = (count: number, bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`.repeat(count)

const rows: readonly [rule: string, text: string, status: number, code?: string][] = [
  ['a head as large as the limit', headOf(HEAD_BYTES), 200],
  ['a head one byte larger', headOf(HEAD_BYTES + 1), 431, 'FRONT_HEAD_TOO_LARGE'],
  ['a head larger than any read', headOf(100_000), 431, 'FRONT_HEAD_TOO_LARGE'],
  ['a head without an end', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(HEAD_BYTES)}`, 431, 'FRONT_HEAD_TOO_LARGE'],
  ['as many fields as the limit', get('/', 'a:', 'b:', 'c:', 'd:'), 200],
  ['one field more', get('/', 'a:', 'b:', 'c:', 'd:', 'e:'), 431, 'FRONT_TOO_MANY_FIELDS'],
  ['a target as long as the limit', get(`/${'x'.repeat(31)}`), 200],
  ['a target one byte longer', get(`/${'x'.repeat(32)}`), 414, 'FRONT_TARGET_TOO_LONG'],
  ['a target without an end', `GET /${'x'.repeat(HEAD_BYTES)}`, 414, 'FRONT_TARGET_TOO_LONG'],
  ['a body as long as the limit', post(100) + 'x'.repeat(100), 200],
  ['a body one byte longer is refused by its announcement', post(101), 413, 'FRONT_BODY_TOO_LARGE'],
  ['a chunked body as long as the limit', `${chunkedPost}${chunks(10, 10)}0\r\n\r\n`, 200],
  ['a chunked body one byte longer', `${chunkedPost}${chunks(10, 10)}${chunks(1, 1)}`, 413, 'FRONT_BODY_TOO_LARGE'],
  ['trailers larger than a head', `${chunkedPost}0\r\nT: ${'x'.repeat(HEAD_BYTES)}`, 400, 'FRONT_BAD_BODY'],
  ['more trailers than fields', `${chunkedPost}0\r\n${'t:\r\n'.repeat(6)}`, 431, 'FRONT_TOO_MANY_FIELDS'],
  ['another method than any', `${'M'.repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'FRONT_BAD_REQUEST'],
  ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n', 501, 'FRONT_METHOD'],
  ['another coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', 501, 'FRONT_CODING'],
  ['another expectation', get('/', 'Expect: magic'), 417, 'FRONT_EXPECTATION'],
  ['another version', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 505, 'FRONT_VERSION'],
]

describe('limits of the front', () => {
  for (const [rule, text, status, code] of rows) {
    test(`${rule}: ${status}`, async (t) => {
      const { engine, client } = await stage(t, echo, { limits })
      await client.send(text)
      const answer = await client.expectMessage()
      assert.equal(answer.status, status)
      assert.equal(answer.field('x-clowder-error'), code)
      assert.deepEqual(engine.refused, code === undefined ? [] : [code])
      if (code !== undefined) {
        assert.equal(answer.field('connection'), 'close')
        assert.equal(await client.expectEnd(), 'end')
        assert.equal(engine.pool.connected, 0, 'nothing has reached the backend')
      }
    })

    if (text.length < 2_000) {
      test(`${rule}: ${status}, byte by byte`, async (t) => {
        const { client } = await stage(t, echo, { limits })
        void (async () => {
          for (const byte of text) await client.send(byte)
        })().catch(() => {
          // What is sent after the refusal may find the connection closed.
        })
        assert.equal((await client.expectMessage()).status, status)
      })
    }
  }

  test('a refusal of a HEAD tells the length of its page once, and sends none', async (t) => {
    const { client } = await stage(t, echo, { limits })
    await client.send('HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx')
    const answer = await client.expectMessage({ bodyless: true })
    assert.equal(answer.status, 400)
    assert.equal(answer.fields.filter(([name]) => name === 'content-length').length, 1)
    assert.equal(await client.expectEnd(), 'end', 'and no body')
  })

  test('as many connections as the limit are served, one more is closed, and one less makes room', async (t) => {
    const { engine, client, connect } = await stage(t, echo, { limits: { connections: 2 } })
    const second = await connect()
    await until('both are known', () => engine.front.connections === 2)
    const third = await connect()
    assert.notEqual(await third.expectEnd(), 'open')
    assert.equal(engine.front.turnedAway, 1)
    for (const each of [client, second]) {
      await each.send(get())
      assert.equal((await each.expectMessage()).status, 200)
    }
    second.close()
    await until('one has gone', () => engine.front.connections === 1)
    const fourth = await connect()
    await fourth.send(get())
    assert.equal((await fourth.expectMessage()).status, 200)
  })

  test('the last request of a connection is told that it is', async (t) => {
    const { client } = await stage(t, echo, { limits: { requestsPerConnection: 2 } })
    await client.send(get() + get() + get())
    assert.equal((await client.expectMessage()).field('connection'), undefined)
    assert.equal((await client.expectMessage()).field('connection'), 'close')
    assert.equal(await client.expectEnd(), 'end')
  })

  test('no more is read from a client than may wait', async (t) => {
    const { client } = await stage(t, silent, { limits: { pipelinedRequests: 2, headBytes: 4_096 } })
    const bytes = 64 * 1_048_576
    void client.send(get().repeat(bytes / get().length)).catch(() => {})
    // What the system buffers between us is a few MiB; the rest stays with the client.
    assert.ok((await settled(() => client.unsent)) > bytes / 2)
  })

  test('nor when they come after one that is being answered', async (t) => {
    const { client, engine } = await stage(t, silent, { limits: { pipelinedRequests: 2, headBytes: 4_096 } })
    await client.send(get())
    await until('the first is under way', () => engine.pool.connected === 1)
    const bytes = 64 * 1_048_576
    void client.send(get().repeat(bytes / get().length)).catch(() => {})
    assert.ok((await settled(() => client.unsent)) > bytes / 2)
  })

  test('as many requests as may wait are read and answered, however many more there are', async (t) => {
    const count = 5_000
    const { client } = await stage(
      t,
      answering((request) => ok(request.startLine)),
      { limits: { pipelinedRequests: 2, headBytes: 4_096 } },
    )
    void client.send(Array.from({ length: count }, (_, i) => get(`/${i}`)).join(''))
    for (let i = 0; i < count; i++) assert.equal((await client.expectMessage()).body.toString(), `GET /${i} HTTP/1.1`)
  })

  test('a client that does not take its answers gets no more of them, until it does', async (t) => {
    const count = 2_000
    let served = 0
    const body = 'x'.repeat(16_000)
    const { client } = await stage(
      t,
      answering(() => {
        served++
        return ok(body)
      }),
    )
    client.stopReading()
    void client.send(get().repeat(count))
    // Again a few MiB are in the hands of the system: some hundred answers.
    assert.ok((await settled(() => served)) < count / 2, `${served} served`)
    client.startReading()
    for (let i = 0; i < count; i++) assert.equal((await client.expectMessage()).body.length, body.length)
  })
})

/** The value once it has stopped to change. */
async function settled(value: () => number): Promise<number> {
  let last = Number.NaN
  let same = 0
  await until('it has settled', () => {
    same = value() === last ? same + 1 : 0
    last = value()
    return last > 0 && same >= 20
  })
  return last
}
