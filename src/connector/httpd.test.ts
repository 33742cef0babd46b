/**
 * S17 (ajp13.md 8.3): the real httpd in front, with mod_jk and with mod_proxy_ajp. What is compared with the same
 * application behind node:http itself stands in node-http.test.ts; here it is what only a real peer can tell.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { startHttpd } from '../../test/kit/httpd.ts'
import { needsPeer } from '../../test/kit/peers.ts'
import { suite } from '../../test/kit/suite.ts'
import { until } from '../../test/kit/until.ts'
import { readAll, type Started, start } from './testing/start.ts'

const SECRET = 'of both ends'.replaceAll(' ', '')
const MEGABYTE = 1_048_576
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

for (const [name, needs, configure] of [
  ['mod_jk', 'mod_jk', modJk],
  ['mod_proxy_ajp', 'httpd', modProxyAjp],
] as const)
  suite(`S17: ${name}`, needsPeer(needs), () => {
    let started: Started
    let port = 0
    const aborted: string[] = []
    // Since httpd 2.4.59 mod_proxy_ajp drops a length that it does not trust, and httpd frames the body itself.
    const lengthOfLarge = name === 'mod_jk' ? String(MEGABYTE) : undefined
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })

    const closers: (() => void | Promise<void>)[] = []
    const owner = { after: (close: () => void | Promise<void>) => void closers.push(close) }
    after(async () => {
      for (const close of closers) await close()
    })

    before(async () => {
      started = await start(owner, (request, response) => app(request, response, aborted), { secret: SECRET })
      const httpd = await startHttpd({ owner, ...configure(started.port) })
      port = httpd.port
    })

    const ask = (method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer) =>
      new Promise<Reply>((resolve, reject) => {
        const call = request({ agent, port, host: '127.0.0.1', method, path, headers }, (reply) => {
          readAll(reply).then((body) => resolve({ status: reply.statusCode!, headers: reply.headers, body }), reject)
        })
        call.on('error', reject)
        call.end(body)
      })

    test('GET, with query and cookies', async () => {
      const { status, body } = await ask('GET', '/echo?a=1&b=%C3%BC', { cookie: 'a=b; c=d', 'x-one': '1' })
      const seen = JSON.parse(body.toString())
      assert.deepEqual([status, seen.method, seen.url], [200, 'GET', '/echo?a=1&b=%C3%BC'])
      assert.deepEqual([seen.headers.cookie, seen.headers['x-one'], seen.remoteAddress], ['a=b; c=d', '1', '127.0.0.1'])
      assert.ok(seen.remotePort > 0 && seen.localAddress === '127.0.0.1')
    })

    for (const size of [0, 9, 8_186, 8_187, MEGABYTE])
      for (const kind of ['known', 'chunked'])
        test(`POST ${size} bytes of ${kind} length`, async () => {
          const body = Buffer.alloc(size, 'abcdefghijklm')
          const headers = kind === 'known' ? { 'content-length': size } : { 'transfer-encoding': 'chunked' }
          const reply = await ask('POST', '/sum', headers, body)
          assert.equal(reply.body.toString(), `${size} ${sum(body)}`)
        })

    test('HEAD, 304 and 204 have no body, and the connection goes on', async () => {
      const head = await ask('HEAD', '/large')
      assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, lengthOfLarge, 0])
      assert.deepEqual([(await ask('GET', '/status/304')).status, (await ask('GET', '/status/204')).status], [304, 204])
      assert.equal((await ask('GET', '/echo')).status, 200)
    })

    test('a large answer arrives whole', async () => {
      const { body, headers } = await ask('GET', '/large')
      assert.deepEqual([headers['content-length'], sum(body)], [lengthOfLarge, sum(Buffer.alloc(MEGABYTE, 'x'))])
    })

    test('methods that have no code', async () => {
      for (const method of ['PATCH', 'PROPFIND', 'DELETE', 'OPTIONS']) {
        assert.equal(JSON.parse((await ask(method, '/echo')).body.toString()).method, method)
      }
    })

    test('the status line is passed on, and error pages stay', async () => {
      const { status, body } = await ask('GET', '/status/404')
      assert.deepEqual([status, body.toString()], [404, 'status 404'])
    })

    test('an event stream: each event arrives before the next is sent', async () => {
      const events: string[] = []
      await new Promise<void>((resolve, reject) => {
        request({ port, host: '127.0.0.1', path: '/events' }, (reply) => {
          reply.setEncoding('utf8')
          reply.on('data', (text: string) => {
            events.push(text)
            release?.()
          })
          reply.on('end', resolve)
        })
          .on('error', reject)
          .end()
      })
      assert.deepEqual(events, ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n'])
    })

    test('a client that leaves: the application is told', async () => {
      const call = request({ port, host: '127.0.0.1', path: '/endless' }, (reply) => {
        reply.on('error', () => {})
        reply.once('data', () => call.destroy())
      })
      call.on('error', () => {})
      call.end()
      await until('the application is told', () => aborted.includes('/endless'))
      await until('nothing is left', () => started.connector.snapshot().busy === 0)
    })

    test('1000 requests use few connections', async () => {
      const before = started.connector.snapshot().requests
      const lane = async () => {
        for (let i = 0; i < 250; i++) assert.equal((await ask('GET', '/status/200')).status, 200)
      }
      await Promise.all([lane(), lane(), lane(), lane()])
      const { requests, connections } = started.connector.snapshot()
      assert.equal(requests - before, 1_000)
      assert.ok(connections <= 16, `${connections} connections`)
      await until('nothing is left', () => started.connector.snapshot().busy === 0)
      agent.destroy()
    })
  })

function modJk(port: number) {
  const workersProperties = `worker.list=node
worker.node.type=ajp13
worker.node.host=127.0.0.1
worker.node.port=${port}
worker.node.secret=${SECRET}
worker.node.ping_mode=A
`
  return { workersProperties, config: () => 'JkMount /* node' }
}

function modProxyAjp(port: number) {
  const config = () => `ProxyPass / ajp://127.0.0.1:${port}/ secret=${SECRET} flushpackets=on ping=5`
  return { modules: ['proxy', 'proxy_ajp'], config }
}

/** Lets the event stream go on. */
let release: (() => void) | undefined

async function app(request: IncomingMessage, response: ServerResponse, aborted: string[]): Promise<void> {
  const { method, headers, socket } = request
  const url = request.url!
  response.on('close', () => {
    if (!response.writableFinished) aborted.push(url)
  })
  if (url.startsWith('/echo')) {
    const { remoteAddress, remotePort, localAddress } = socket
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ method, url, headers, remoteAddress, remotePort, localAddress }))
  } else if (url === '/sum') {
    const body = await readAll(request)
    response.end(`${body.length} ${sum(body)}`)
  } else if (url === '/large') {
    response.setHeader('Content-Length', MEGABYTE)
    response.end(Buffer.alloc(MEGABYTE, 'x'))
  } else if (url === '/events') {
    response.setHeader('Content-Type', 'text/event-stream')
    for (let n = 1; n <= 3; n++) {
      const arrived = new Promise<void>((resolve) => {
        release = resolve
      })
      response.write(`data: ${n}\n\n`)
      await arrived
    }
    response.end()
  } else if (url === '/endless') {
    while (!response.destroyed) {
      if (!response.write(Buffer.alloc(4_096))) await Promise.race([once(response, 'drain'), once(response, 'close')])
      await nextTurn()
    }
  } else {
    response.statusCode = Number(url.slice(8))
    response.end(`status ${response.statusCode}`)
  }
}

function once(response: ServerResponse, event: string): Promise<void> {
  return new Promise((resolve) => response.once(event, () => resolve()))
}
