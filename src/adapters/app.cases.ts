/**
 * What an app sees that is written as its framework wants it, on two nodes over the real channel: sessions in the
 * framework's own place, and users who stay logged in when their node dies.
 */
import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { atEnd } from '../../test/kit/owner.ts'
import { until } from '../../test/kit/until.ts'
import type { SessionManager } from '../session/index.ts'
import { type TcpNode, tcpNodes } from '../session/testing/tcp-nodes.ts'
import { type Client, clientOf, close, listen } from './testing/http-client.ts'

declare module './node-http.ts' {
  interface SessionData {
    n: number
    basket: string[]
    user: string
  }
}

export interface AppUnderTest {
  readonly name: string
  /**
   * A server, not listening yet, with these pages, each answered with text:
   * - `/count`: counts in the session and says how often.
   * - `/cart`: pushes `x` into an array of the session and says its length.
   * - `/login`: counts and sets `user` after `regenerate`; says the sessionID.
   * - `/upgrade`: `changeId`, then says the sessionID.
   * - `/user`: the user, or `nobody`.
   * - `/logout`: `destroy`; says the type of what the session is then.
   * - `/own-cookie`: counts, and sets a cookie of its own in the framework's way.
   * - `/error`: counts, then throws.
   */
  serve(manager: SessionManager): Server
}

interface Node extends TcpNode {
  readonly client: Client
  readonly server: Server
}

export function appCases(app: AppUnderTest): void {
  async function pair(t: TestContext): Promise<[Node, Node]> {
    const [a, b] = await tcpNodes(t, 2, { sendOptions: 'synchronised' })
    return [await serve(t, a!), await serve(t, b!)]
  }

  async function serve(t: TestContext, node: TcpNode): Promise<Node> {
    const server = app.serve(node.manager)
    await listen(server)
    atEnd(t, () => close(server))
    return { ...node, server, client: clientOf(server) }
  }

  describe(`${app.name}: an app on two nodes`, () => {
    test('counts on, whichever node a request comes to', async (t) => {
      const nodes = await pair(t)
      let cookie = (await nodes[0].client('/count')).cookie
      for (let n = 2; n <= 7; n++) {
        const answer = await nodes[n % 2]!.client('/count', { cookie })
        assert.equal(answer.body, `${n}`)
        cookie = answer.cookie || cookie
      }
    })

    test('keeps what is changed inside an object', async (t) => {
      const [a, b] = await pair(t)
      const { cookie } = await a.client('/cart')
      await a.client('/cart', { cookie })
      assert.equal((await b.client('/cart', { cookie })).body, '3')
    })

    test('when a node dies its users go on at the other one, under its route', async (t) => {
      const [a, b] = await pair(t)
      const login = await a.client('/login')
      await close(a.server)
      await a.channel.stop()
      await until('the other node has noticed', () => b.channel.members().length === 0)
      const user = await b.client('/user', { cookie: login.cookie })
      assert.equal(user.body, 'ann')
      assert.equal(user.cookie, login.cookie.replace('.node-0', '.node-1'))
      assert.equal((await b.client('/count', { cookie: user.cookie })).body, '2')
    })

    test('a session that is on other nodes only is fetched (backup manager)', async (t) => {
      const nodes = await tcpNodes(t, 3, { manager: 'backup', backups: 1, sendOptions: 'synchronised' })
      const serving = await Promise.all(nodes.map((node) => serve(t, node)))
      const { cookie } = await serving[0]!.client('/login')
      const key = cookie.slice('JSESSIONID='.length, 'JSESSIONID='.length + 32)
      const without = serving.find(({ manager }) => manager.find(key) === undefined)!
      assert.equal((await without.client('/user', { cookie })).body, 'ann')
      const counted = await without.client('/count', { cookie })
      assert.equal(counted.body, '2')
      assert.match(counted.cookie, new RegExp(`\\.${without.manager.route}$`))
      const unknown = await without.client('/count', { cookie: `JSESSIONID=${'A'.repeat(32)}.w1` })
      assert.deepEqual([unknown.body, unknown.cookies.length], ['1', 1], 'one that nobody has is not adopted')
    })

    test('login: a new id that every node knows, an old one that none does', async (t) => {
      const [a, b] = await pair(t)
      const { cookie: before } = await a.client('/count')
      const login = await a.client('/login', { cookie: before })
      assert.equal(`JSESSIONID=${login.body}`, login.cookie)
      assert.notEqual(login.cookie, before)
      assert.equal((await b.client('/user', { cookie: login.cookie })).body, 'ann')
      for (const { client } of [a, b]) assert.equal((await client('/user', { cookie: before })).body, 'nobody')
    })

    test('changeId: the data goes along', async (t) => {
      const [a, b] = await pair(t)
      const { cookie: before } = await a.client('/login')
      const { body, cookie } = await a.client('/upgrade', { cookie: before })
      assert.equal(cookie, `JSESSIONID=${body}`)
      assert.equal((await b.client('/user', { cookie })).body, 'ann')
      assert.equal((await b.client('/user', { cookie: before })).body, 'nobody')
    })

    test('logout: nobody knows the session any more', async (t) => {
      const [a, b] = await pair(t)
      const { cookie } = await a.client('/login')
      const logout = await b.client('/logout', { cookie })
      assert.equal(logout.body, 'undefined')
      for (const { client } of [a, b]) assert.equal((await client('/user', { cookie })).body, 'nobody')
    })

    test('an id that nobody issued is not adopted, on a node that takes over either', async (t) => {
      const [, b] = await pair(t)
      const planted = `JSESSIONID=${'A'.repeat(32)}.node-0`
      const answer = await b.client('/login', { cookie: planted })
      assert.match(answer.cookie, /^JSESSIONID=[0-9A-F]{32}\.node-1$/)
      assert.doesNotMatch(answer.cookie, /A{32}/)
    })

    test("the framework's own cookies stay beside ours", async (t) => {
      const [a] = await pair(t)
      const { cookies } = await a.client('/own-cookie')
      assert.deepEqual(
        cookies.map((cookie) => cookie.split('=')[0]),
        ['own', 'JSESSIONID'],
      )
    })

    test('what a request has written before it failed is kept, and the error is as without us', async (t) => {
      const [a, b] = await pair(t)
      const failed = await a.client('/error')
      assert.equal(failed.status, 500)
      assert.match(failed.cookie, /^JSESSIONID=/)
      assert.equal((await b.client('/count', { cookie: failed.cookie })).body, '2')
    })
  })
}
