/** One client connection after another request: keep-alive, pipelining, HTTP/1.0, and who ends it when. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../../test/kit/barrier.ts'
import { until } from '../../../test/kit/until.ts'
import { answering, get, ok, stage } from '../testing/engine.ts'

const lines = answering((request) => ok(request.startLine))

describe('a client connection', () => {
  test('serves one request after the other, over one backend connection', async (t) => {
    const { engine, client } = await stage(t, lines)
    for (let i = 0; i < 3; i++) {
      await client.send(get(`/${i}`))
      const answer = await client.expectMessage()
      assert.equal(answer.body.toString(), `GET /${i} HTTP/1.1`)
      assert.equal(answer.field('connection'), undefined)
    }
    assert.equal(engine.pool.connected, 1)
  })

  test('serves requests with the same fields, with others, and with the same again', async (t) => {
    const { client } = await stage(
      t,
      answering((request) => ok(request.field('x') ?? 'none')),
    )
    for (const value of ['1', '1', '2', undefined, '1']) {
      await client.send(value === undefined ? get() : get('/', `X: ${value}`))
      assert.equal((await client.expectMessage()).body.toString(), value ?? 'none')
    }
  })

  test('what is remembered of a request is not taken for one of another version', async (t) => {
    const { client } = await stage(t, lines)
    await client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 200)
    await client.send('GET / HTTP/1.1\r\nConnection: keep-alive\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 400, 'HTTP/1.1 needs a Host')
  })

  test('answers a thousand pipelined requests in order', async (t) => {
    const { engine, client } = await stage(t, lines)
    const paths = Array.from({ length: 1_000 }, (_, i) => `/${i}`)
    await client.send(paths.map((path) => get(path)).join(''))
    for (const path of paths) assert.equal((await client.expectMessage()).body.toString(), `GET ${path} HTTP/1.1`)
    assert.equal(engine.pool.connected, 1, 'one after the other')
  })

  test('answers pipelined requests with bodies, cut at odd places', async (t) => {
    const { client } = await stage(
      t,
      answering((request) => ok(request.body.toString())),
    )
    const requests = Array.from({ length: 50 }, (_, i) =>
      i % 2 === 0
        ? `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${`${i}`.length + 4}\r\n\r\n\r\n\r\n${i}`
        : `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n${`${i}`.length}\r\n${i}\r\n0\r\n\r\n`,
    ).join('')
    void (async () => {
      for (let at = 0; at < requests.length; at += 37) await client.send(requests.slice(at, at + 37))
    })()
    for (let i = 0; i < 50; i++) assert.equal((await client.expectMessage()).body.toString(), `\r\n\r\n${i}`)
  })

  test('goes on after a refusal that is not about the connection', async (t) => {
    const { client } = await stage(t, lines, {
      dispatch: (exchange, pool) =>
        exchange.target === '/no' ? exchange.refuse('FRONT_NOT_FOUND') : pool.carry(exchange, false),
    })
    await client.send(get('/no') + get('/yes') + get('/no').repeat(100))
    const statuses: number[] = []
    for (let i = 0; i < 102; i++) statuses.push((await client.expectMessage()).status)
    assert.deepEqual(statuses, [404, 200, ...Array.from({ length: 100 }, () => 404)])
  })

  test('skips two empty lines between requests, however they come, and no third', async (t) => {
    const { client } = await stage(t, lines)
    await client.send(`\r\n\r\n${get('/1')}`)
    assert.equal((await client.expectMessage()).status, 200)
    for (const byte of `\r\n\r\n${get('/2')}`) await client.send(byte)
    assert.equal((await client.expectMessage()).body.toString(), 'GET /2 HTTP/1.1')
    await client.send('\r\n\r\n\r\n')
    assert.equal((await client.expectMessage()).status, 400)
    await client.expectEnd()
  })

  const ends: readonly [rule: string, text: string, connection: string | undefined, closes: boolean][] = [
    ['HTTP/1.1 stays open', get(), undefined, false],
    ['Connection: close closes', get('/', 'Connection: close'), 'close', true],
    ['close counts among other options', get('/', 'Connection: x, Close'), 'close', true],
    ['close outweighs keep-alive', get('/', 'Connection: keep-alive, close'), 'close', true],
    ['HTTP/1.0 closes', 'GET / HTTP/1.0\r\n\r\n', 'close', true],
    ['HTTP/1.0 with keep-alive stays open', 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n', 'keep-alive', false],
  ]
  for (const [rule, text, connection, closes] of ends) {
    test(rule, async (t) => {
      const { client } = await stage(t, lines)
      await client.send(text)
      const answer = await client.expectMessage()
      assert.equal(answer.startLine, 'HTTP/1.1 200 OK')
      assert.equal(answer.field('connection'), connection)
      if (closes) {
        assert.equal(await client.expectEnd(), 'end')
      } else {
        await client.send(get())
        assert.equal((await client.expectMessage()).status, 200)
      }
    })
  }

  test('requests behind one that closes are not served', async (t) => {
    const paths: string[] = []
    const { client } = await stage(
      t,
      answering((request) => {
        paths.push(request.startLine)
        return ok()
      }),
    )
    await client.send(get('/1', 'Connection: close') + get('/2'))
    assert.equal((await client.expectMessage()).status, 200)
    await client.expectEnd()
    assert.deepEqual(paths, ['GET /1 HTTP/1.1'])
  })

  test('an answer of unknown length ends by the close for HTTP/1.0, and in chunks for HTTP/1.1', async (t) => {
    const answer = answering(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n')
    const { client, connect } = await stage(t, answer)
    await client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    const old = await client.expectMessage()
    assert.deepEqual(
      [old.body.toString(), old.field('connection'), old.field('transfer-encoding')],
      ['ok', 'close', undefined],
    )
    const other = await connect()
    await other.send(get())
    assert.equal((await other.expectMessage()).field('transfer-encoding'), 'chunked')
  })

  const absolute: readonly [rule: string, line: string, host: string, target: string, seen: string][] = [
    ['absolute form is forwarded in origin form', 'http://a/b?c', 'a', '/b?c', 'a'],
    ['its authority is the host', 'http://A:80/', 'a', '/', 'A:80'],
    ['an empty path is /', 'http://a?c', 'a', '/?c', 'a'],
  ]
  for (const [rule, line, host, target, seen] of absolute) {
    test(rule, async (t) => {
      const { client } = await stage(
        t,
        answering((request) => ok(`${request.startLine} ${request.field('host')}`)),
      )
      await client.send(`GET ${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      assert.equal((await client.expectMessage()).body.toString(), `GET ${target} HTTP/1.1 ${seen}`)
    })
  }

  test('who names no host gets our name', async (t) => {
    const { client } = await stage(
      t,
      answering((request) => ok(request.field('host'))),
    )
    await client.send('GET / HTTP/1.0\r\n\r\n')
    assert.equal((await client.expectMessage()).body.toString(), 'localhost')
  })
})

describe('a client that has said its last word', () => {
  test('still gets its answer, and the end with it', async (t) => {
    const { client } = await stage(t, lines)
    await client.send(get())
    client.finish()
    assert.equal((await client.expectMessage()).status, 200)
    assert.equal(await client.expectEnd(), 'end')
  })

  test('still gets all of its answers', async (t) => {
    const { client } = await stage(t, lines)
    await client.send(Array.from({ length: 100 }, (_, i) => get(`/${i}`)).join(''))
    client.finish()
    for (let i = 0; i < 100; i++) assert.equal((await client.expectMessage()).body.toString(), `GET /${i} HTTP/1.1`)
    assert.equal(await client.expectEnd(), 'end')
  })

  test('within a head is refused', async (t) => {
    const { engine, client } = await stage(t, lines)
    await client.send('GET / HTTP/1.1\r\nHost: a\r\n')
    client.finish()
    assert.equal((await client.expectMessage()).status, 400)
    await client.expectEnd()
    assert.deepEqual(engine.refused, ['FRONT_BAD_REQUEST'])
  })

  test('within the head after a request gets the answer, then the refusal', async (t) => {
    const { client } = await stage(t, lines)
    await client.send(`${get()}GET /`)
    client.finish()
    assert.equal((await client.expectMessage()).status, 200)
    assert.equal((await client.expectMessage()).status, 400)
    await client.expectEnd()
  })

  test('between requests is let go', async (t) => {
    const { client } = await stage(t, lines)
    await client.send(get())
    await client.expectMessage()
    client.finish()
    assert.equal(await client.expectEnd(), 'end')
  })
})

describe('a front that closes', () => {
  test('lets a request under way finish, tells the client that it was the last, and takes no other', async (t) => {
    const barriers = new Barriers()
    const { engine, client, connect } = await stage(
      t,
      answering(async () => {
        await barriers.meet('everyone has seen the close')
        return ok()
      }),
    )
    const idle = await connect()
    await client.send(get())
    await until('the request is under way', () => engine.pool.connected === 1)
    const closed = engine.front.close(10_000)
    assert.equal(await idle.expectEnd(), 'end', 'idle connections end at once')
    idle.close()
    await assert.rejects(connect(), /ECONNREFUSED/)
    await barriers.meet('everyone has seen the close')
    const answer = await client.expectMessage()
    assert.deepEqual([answer.status, answer.field('connection')], [200, 'close'])
    await client.expectEnd()
    client.close()
    await closed
  })

  test('cuts off what has not finished in time', async (t) => {
    const { engine, client } = await stage(t, async (connection) => {
      await connection.expectMessage()
      await connection.expectEnd()
    })
    await client.send(get())
    await until('the request is under way', () => engine.pool.connected === 1)
    const closed = engine.front.close(20)
    assert.equal(engine.front.close(10_000), closed, 'twice is once')
    await closed
    await client.expectEnd()
    await until('the backend connection is given up', () => engine.pool.connected === 0)
  })
})
