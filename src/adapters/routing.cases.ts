/** Which session a request gets, on one node and after it went to another; and when its response may end. */
import assert from 'node:assert/strict'

import { describe, test } from 'node:test'
import { TestCluster, type TestNode } from '../session/testing/test-cluster.ts'
import { type AdapterUnderTest, count, type Handler, lone, starter } from './adapter.cases.ts'

export function routingCases(adapter: AdapterUnderTest): void {
  const start = starter(adapter)

  describe(`${adapter.name}: ids that are presented`, () => {
    const unknown = 'A'.repeat(32)
    const rows: [what: string, cookie: string][] = [
      ['a well-formed id of no session', `JSESSIONID=${unknown}.w1`],
      ['lower case', `JSESSIONID=${unknown.toLowerCase()}.w1`],
      ['too short', 'JSESSIONID=ABC.w1'],
      ['too long', `JSESSIONID=${unknown}AA.w1`],
      ['a route of strange characters', `JSESSIONID=${unknown}.w1/../x`],
      ['an endless route', `JSESSIONID=${unknown}.${'w'.repeat(5000)}`],
      ['an object property', 'JSESSIONID=__proto__'],
      ['nothing', 'JSESSIONID='],
      ['bytes', 'JSESSIONID=\xff\xfe'],
    ]
    for (const [what, cookie] of rows) {
      test(`are not adopted: ${what}`, async () => {
        const client = await start({ manager: lone() }, count)
        const answer = await client('/', { cookie })
        assert.equal(answer.body, '1')
        assert.match(answer.cookie, /^JSESSIONID=[0-9A-F]{32}\.w1$/)
        assert.notEqual(answer.cookie, `JSESSIONID=${unknown}.w1`)
      })
    }

    const places: [where: string, header: (cookie: string) => string, found: boolean][] = [
      ['among others', (cookie) => `a=b; ${cookie}; c=d`, true],
      ['without blanks', (cookie) => `a=b;${cookie};c=d`, true],
      ['behind one of another application', (cookie) => `JSESSIONID=${unknown}.x; ${cookie}`, true],
      ['behind one that is malformed', (cookie) => `JSESSIONID=x; ${cookie}`, true],
      ['with blanks around', (cookie) => `a=b;  ${cookie} ; c=d`, true],
      ['in the value of another cookie', (cookie) => `a=${cookie}`, false],
      ['under a longer name', (cookie) => `X${cookie}`, false],
      ['under a name of other case', (cookie) => cookie.toLowerCase().replace('jsessionid', 'Jsessionid'), false],
    ]
    for (const [where, header, found] of places) {
      test(`are ${found ? '' : 'not '}found ${where}`, async () => {
        const client = await start({ manager: lone() }, count)
        const { cookie } = await client('/')
        assert.equal((await client('/', { cookie: header(cookie) })).body, found ? '2' : '1')
      })
    }

    test('in the path count only with urlRewriting, behind cookies, and are taken out of the URL', async () => {
      const handler: Handler = (req, res) => {
        req.session.n = ((req.session.n as number | undefined) ?? 0) + 1
        res.end(`${req.session.n} ${req.url}`)
      }
      const client = await start({ manager: lone(), urlRewriting: true }, handler)
      const [first, second] = [await client('/'), await client('/')]
      const id = first.cookie.slice('JSESSIONID='.length)
      assert.equal((await client(`/a;jsessionid=${id}/b;x=1?q=;jsessionid=y`)).body, '2 /a/b;x=1?q=;jsessionid=y')
      assert.equal((await client(`/a;jsessionid=${id}`, { cookie: second.cookie })).body, '2 /a', 'the cookie counts')
      assert.equal((await client(`/;jsessionid=${id}`, { cookie: 'JSESSIONID=x' })).body, '3 /')
      const without = await start({ manager: lone() }, handler)
      assert.equal((await without(`/a;jsessionid=${id}`)).body, `1 /a;jsessionid=${id}`)
    })
  })

  describe(`${adapter.name}: two nodes`, () => {
    async function pair(sendOptions: 'asynchronous' | 'synchronised'): Promise<[TestCluster, TestNode, TestNode]> {
      const cluster = new TestCluster()
      const [a, b] = await cluster.started(2, { sendOptions, endOfTurn: (run) => void setImmediate(run) })
      return [cluster, a!, b!]
    }

    test('after a failover the session goes on under the new route, and the cookie says so', async () => {
      const [cluster, a, b] = await pair('synchronised')
      cluster.network.isLive = true
      const [one, two] = [await start({ manager: a.manager }, count), await start({ manager: b.manager }, count)]
      const first = await one('/')
      const key = first.cookie.slice('JSESSIONID='.length, -'.node-0'.length)
      const second = await two('/', { cookie: first.cookie })
      assert.equal(second.body, '2')
      assert.deepEqual(second.cookies, [`JSESSIONID=${key}.node-1; Path=/; HttpOnly; SameSite=Lax`])
      const third = await two('/', { cookie: second.cookie })
      assert.equal(third.body, '3')
      assert.deepEqual(third.cookies, [])
      assert.equal((await two('/', { cookie: `JSESSIONID=${key}` })).cookies.length, 1, 'also when there was no route')
    })

    test('synchronised: the response ends when the other node has the change, its head is final before', async () => {
      const [cluster, a, b] = await pair('synchronised')
      let isFinished = false
      const client = await start({ manager: a.manager }, (req, res) => {
        res.on('finish', () => {
          isFinished = true
        })
        req.session.x = 1
        res.end('done')
        assert.deepEqual([res.headersSent, res.writableEnded], [true, true])
        res.end('a second end')
      })
      const answered = client('/')
      while (cluster.network.flights.length === 0) await new Promise(setImmediate)
      assert.equal(isFinished, false)
      assert.equal(b.manager.snapshot().sessions, 0)
      await cluster.settle()
      const answer = await answered
      assert.deepEqual([answer.body, answer.headers['content-length']], ['done', '4'])
      assert.equal(b.manager.snapshot().sessions, 1)
    })

    test('synchronised: what is written behind the end fails as without us, and the answer stands', async () => {
      const [cluster, a] = await pair('synchronised')
      let failure: unknown
      const client = await start({ manager: a.manager }, (req, res) => {
        res.on('error', (error) => {
          failure = error
        })
        count(req, res)
        res.write('more')
      })
      const answered = client('/')
      while (cluster.network.flights.length === 0) await new Promise(setImmediate)
      await cluster.settle()
      assert.equal((await answered).body, '1')
      assert.equal((failure as NodeJS.ErrnoException).code, 'ERR_STREAM_WRITE_AFTER_END')
    })

    test('synchronised: requests that only read do not wait', async () => {
      const [cluster, a] = await pair('synchronised')
      const client = await start({ manager: a.manager }, (req, res) => {
        if (req.url === '/set') req.session.x = 1
        res.end(`${req.session.x}`)
      })
      const answered = client('/set')
      while (cluster.network.flights.length === 0) await new Promise(setImmediate)
      await cluster.settle()
      const { cookie } = await answered
      assert.equal((await client('/', { cookie })).body, '1')
      assert.equal(cluster.network.flights.length, 0)
    })

    test('synchronised: a browser that breaks off while the response is held hurts nobody', async () => {
      const [cluster, a, b] = await pair('synchronised')
      let closed = (): void => {}
      const isClosed = new Promise<void>((resolve) => {
        closed = resolve
      })
      const client = await start({ manager: a.manager }, (req, res) => {
        res.on('close', closed)
        count(req, res)
        req.socket.destroy()
      })
      await assert.rejects(client('/'))
      await isClosed
      await cluster.settle()
      assert.equal(b.manager.snapshot().sessions, 1)
    })

    test('synchronised: a member that dies releases the response', async () => {
      const [cluster, a, b] = await pair('synchronised')
      const client = await start({ manager: a.manager }, count)
      const answered = client('/')
      while (cluster.network.flights.length === 0) await new Promise(setImmediate)
      cluster.kill(b)
      cluster.network.notice()
      assert.equal((await answered).body, '1')
      assert.equal((await client('/')).body, '1', 'and the worker serves alone')
    })

    test('asynchronous: the response does not wait', async () => {
      const [cluster, a, b] = await pair('asynchronous')
      const client = await start({ manager: a.manager }, count)
      assert.equal((await client('/')).body, '1')
      assert.equal(b.manager.snapshot().sessions, 0)
      await cluster.settle()
      assert.equal(b.manager.snapshot().sessions, 1)
    })
  })
}
