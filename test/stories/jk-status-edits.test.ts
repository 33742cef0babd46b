/** A script of mod_jk's times takes a worker out of service while users are on it, and puts it back. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../kit/until.ts'
import { startCluster } from './clowder.ts'
import { get, Visitor } from './visitor.ts'

const OK = 'Result: type=OK message="Action finished"\n'
const UPDATE = '/jk-status?cmd=update&w=loadbalancer&sw=worker1&mime=txt'

describe('jk-status while users are on the workers', () => {
  test('a disabled member keeps its users, and gets no new ones', async (t) => {
    const { up, port } = await startCluster(t)
    const users = Array.from({ length: 8 }, () => new Visitor(port))
    for (const user of users) await user.visit()
    const routes = new Map(users.map((user) => [user, user.route]))
    assert.deepEqual(new Set(routes.values()), new Set(['worker1', 'worker2']))

    // Users do not wait for operators: they go on while the member is being edited.
    let isOpen = true
    const traffic = users.map(async (user) => {
      while (isOpen) await user.visit()
    })
    assert.equal((await get(port, `${UPDATE}&vwa=d`)).text, OK)
    const newcomers = Array.from({ length: 6 }, () => new Visitor(port))
    for (const newcomer of newcomers) await newcomer.visit()
    isOpen = false
    await Promise.all(traffic)

    for (const user of users) assert.equal(user.route, routes.get(user))
    assert.deepEqual(new Set(newcomers.map((newcomer) => newcomer.route)), new Set(['worker2']))
    await up.waitForLine(/edit by 127\.0\.0\.1: loadbalancer\/worker1 activation: "active" -> "disabled"$/)

    assert.equal((await get(port, `${UPDATE}&vwa=a`)).text, OK)
    await until('new users come to it again', async () => {
      const newcomer = new Visitor(port)
      await newcomer.visit()
      return newcomer.route === 'worker1'
    })
  })

  test('a slip changes nothing, and is told to the operator and to the log', async (t) => {
    const { up, port } = await startCluster(t)
    assert.match((await get(port, `${UPDATE}&vwa=x`)).text, /^Result: type=ERROR message="Update failed/)
    assert.match((await get(port, '/jk-status?cmd=list&mime=prop')).text, /^worker\.worker1\.activation=ACT$/m)
    await up.waitForLine(/edit by 127\.0\.0\.1 refused: loadbalancer\/worker1 activation "x": /)
  })

  test('by any method, with and without a slash', async (t) => {
    const { port } = await startCluster(t)
    for (const path of ['/jk-status', '/jk-status/']) {
      for (const method of ['GET', 'HEAD', 'POST']) {
        const distance = `${path.length}${method.length}`
        const query = `?cmd=update&w=loadbalancer&sw=worker1&vwd=${distance}&mime=txt`
        const { status, text } = await get(port, path + query, { method })
        assert.deepEqual([status, text], [200, method === 'HEAD' ? '' : OK])
        const shown = await get(port, `${path}?cmd=show&w=loadbalancer&sw=worker1&mime=xml`)
        assert.match(shown.text, new RegExp(`distance="${distance}"`))
      }
    }
  })
})
