import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from './barrier.ts'
import type { Owner } from './owner.ts'
import { rawClient, rawServer, type Script } from './raw-http.ts'
import { until } from './until.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A server with this script and a client connected to it. */
async function pair(t: Owner, script: Script) {
  const server = await rawServer(t, script)
  return { server, client: await rawClient(t, server.port) }
}

describe('raw http', () => {
  test('a request and a response, byte for byte', async (t) => {
    const { server, client } = await pair(t, async (c) => {
      assert.equal(await c.expectHead(), 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
      await c.send(ok)
    })
    await client.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
    const response = await client.expectMessage()
    assert.equal(response.status, 200)
    assert.equal(response.field('Content-Length'), '2')
    assert.equal(response.body.toString(), 'ok')
    assert.equal(await client.expectEnd(), 'end')
    await server.done()
  })

  const bodies = [
    ['by length', 'POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
    [
      'in chunks',
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: v\r\n\r\n',
      'abc',
    ],
    ['none', 'GET / HTTP/1.1\r\n\r\n', ''],
    ['until the end', 'HTTP/1.1 200 OK\r\n\r\nabc', 'abc'],
    ['none for 304, whatever the length says', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', ''],
  ] as const
  for (const [what, bytes, body] of bodies) {
    test(`body ${what}`, async (t) => {
      const { client } = await pair(t, (c) => c.send(bytes))
      assert.equal((await client.expectMessage()).body.toString(), body)
      assert.equal(client.unread, '')
    })
  }

  test('the answer to HEAD has a length and no body', async (t) => {
    const { client } = await pair(t, (c) => c.send('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'))
    assert.equal((await client.expectMessage({ bodyless: true })).status, 200)
  })

  test('a reset is told from an end, in both directions', async (t) => {
    const barriers = new Barriers()
    const { server, client } = await pair(t, async (c, n) => {
      await c.expect('hello')
      if (n === 1) return c.reset()
      await barriers.meet('hello read')
      assert.equal(await c.expectEnd(), 'reset')
    })
    await client.send('hello')
    assert.equal(await client.expectEnd(), 'reset')
    const second = await rawClient(t, server.port)
    await second.send('hello')
    await barriers.meet('hello read')
    second.reset()
    await server.done()
  })

  test('after half a goodbye the other half still arrives', async (t) => {
    const { client } = await pair(t, async (c) => {
      assert.equal(await c.expectEnd(), 'end')
      await c.send('still here')
    })
    client.finish()
    assert.equal(await client.expect('here'), 'still here')
  })

  test('barriers order the actors', async (t) => {
    const barriers = new Barriers()
    const events: string[] = []
    const { server, client } = await pair(t, async (c) => {
      await c.expect('one')
      events.push('server read one')
      await barriers.meet('one read')
      await c.expect('two')
      events.push('server read two')
    })
    await client.send('one')
    await barriers.meet('one read')
    events.push('client sends two')
    await client.send('two')
    await server.done()
    assert.deepEqual(events, ['server read one', 'client sends two', 'server read two'])
  })

  test('what does not come is named, with what came instead', async (t) => {
    const { client } = await pair(t, async (c) => {
      await c.send('HTTP/1.1 500 ')
      await c.expectEnd()
    })
    await client.expect('HTTP')
    await until('the rest is here', () => client.unread.length === 9)
    await assert.rejects(client.expect(/ 200 /, 5), {
      message: 'client: not within 5 ms: / 200 /; unread input: "/1.1 500 "',
    })
    client.finish()
    await assert.rejects(client.expectEnd(), /^Error: client: ended after unexpected input/)
  })

  test('a connection that ends early is told at once', async (t) => {
    const { client } = await pair(t, (c) => c.send('HTTP/1.1 2'))
    await assert.rejects(client.expectHead(), /^Error: client: end before/)
  })

  test('a script that fails fails its owner', async (t) => {
    const closers: (() => void | Promise<void>)[] = []
    const owner = { after: (close: () => void | Promise<void>) => void closers.push(close) }
    const server = await rawServer(owner, async (c) => {
      await c.expect('hello')
      throw new Error('the script is wrong')
    })
    t.after(() => server.close())
    const client = await rawClient(t, server.port)
    await client.send('hello')
    assert.equal(await client.expectEnd(), 'reset')
    await assert.rejects(server.done(), /the script is wrong/)
    const ended = await Promise.allSettled(closers.map(async (close) => close()))
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['rejected'],
    )
  })

  test('a reader that stops is felt by the sender', async (t) => {
    const barriers = new Barriers()
    // More than the buffers of two sockets ever hold.
    const bytes = Buffer.alloc(64 << 20)
    const { server, client } = await pair(t, async (c) => {
      c.stopReading()
      await barriers.meet('connected')
      await barriers.meet('sender is stuck')
      c.startReading()
      await c.expectBytes(bytes.length)
    })
    await barriers.meet('connected')
    const sending = client.send(bytes)
    let before = -1
    await until(
      'nothing moves any more',
      () => {
        const moved = client.unsent !== before
        before = client.unsent
        return !moved
      },
      { everyMs: 50 },
    )
    assert.ok(client.unsent > 0)
    await barriers.meet('sender is stuck')
    await Promise.all([sending, server.done()])
  })
})
