/** Workers of `clowder up` that end, by a kill or in order, while many visitors are on them: nobody notices. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../kit/until.ts'
import { startCluster, untilReady } from './clowder.ts'
import { keepAliveAgent, Visitor } from './visitor.ts'

describe('a worker that is killed', () => {
  const VISITORS = 200
  const CONNECTIONS = 32

  test('under load costs no request, no session and no count', async (t) => {
    const { up, port, worker1 } = await startCluster(t)
    const agent = keepAliveAgent(CONNECTIONS)
    t.after(() => agent.destroy())
    const visitors = Array.from({ length: VISITORS }, () => new Visitor(port, { agent }))
    let stopping = false
    let visits = 0
    const failures: unknown[] = []
    const loads = visitors.map(async (visitor) => {
      while (!stopping) {
        await visitor.visit().catch((error: unknown) => failures.push(error))
        visits++
      }
    })
    t.after(() => {
      stopping = true
    })

    await until('everybody has been served', () => visitors.every((visitor) => visitor.count >= 3))
    const served = visitors.filter((visitor) => visitor.route === 'worker1')
    assert.ok(served.length > VISITORS / 4, `${served.length} of ${VISITORS} sessions on worker1`)
    process.kill(worker1.pid, 'SIGKILL')
    const counts = served.map((visitor) => visitor.count)
    await until('everybody was served by the other', () => served.every((visitor, i) => visitor.count > counts[i]! + 2))
    await untilReady(up, 'worker1', worker1.pid)
    stopping = true
    await Promise.all(loads)
    assert.deepEqual(failures.map(String), [])
    const repeats = visitors.reduce((sum, visitor) => sum + visitor.repeats, 0)
    assert.ok(repeats <= CONNECTIONS, `${repeats} visits counted twice, with ${CONNECTIONS} on their way at the kill`)
    t.diagnostic(`${visits} visits, ${repeats} of them counted twice`)
  })

  test('comes back with the whole state, which is proved by killing the other', async (t) => {
    const { up, port, worker1, worker2 } = await startCluster(t)
    const agent = keepAliveAgent(8)
    t.after(() => agent.destroy())
    const visitors = Array.from({ length: 40 }, () => new Visitor(port, { agent }))
    for (const visitor of visitors) await visitor.visit()
    process.kill(worker1.pid, 'SIGKILL')
    await up.waitForLine(/^clowder: worker1 ended \(SIGKILL\) after \d+\.\d s; starting it again in 0\.\d s$/)
    await untilReady(up, 'worker1', worker1.pid)
    process.kill(worker2.pid, 'SIGKILL')
    for (const visitor of visitors) await visitor.visit()
    assert.deepEqual(new Set(visitors.map((visitor) => visitor.route)), new Set(['worker1']))
    assert.deepEqual(new Set(visitors.map((visitor) => visitor.count)), new Set([2]))
    await untilReady(up, 'worker2', worker2.pid)
    await until('worker2 gets new visitors again', async () => {
      const visitor = new Visitor(port)
      await visitor.visit()
      return visitor.route === 'worker2'
    })
  })
})

describe('a worker that is stopped', () => {
  test('and then the other, under a load of POSTs, costs none of them', async (t) => {
    const { up, port, worker1, worker2 } = await startCluster(t)
    const agent = keepAliveAgent(16)
    t.after(() => agent.destroy())
    const visitors = Array.from({ length: 50 }, () => new Visitor(port, { agent }))
    const failures: unknown[] = []
    let stopping = false
    const loads = visitors.map(async (visitor) => {
      while (!stopping) await visitor.visit('POST').catch((error: unknown) => failures.push(error))
    })
    t.after(() => {
      stopping = true
    })
    const untilAllCounted = (more: number): Promise<boolean> => {
      const counts = visitors.map((visitor) => visitor.count)
      const what = `everybody has counted ${more} more`
      const haveCounted = () => visitors.every((visitor, i) => visitor.count >= counts[i]! + more)
      return until(what, haveCounted)
    }

    await untilAllCounted(3)
    for (const [name, pid] of [
      ['worker1', worker1.pid],
      ['worker2', worker2.pid],
    ] as const) {
      process.kill(pid, 'SIGTERM')
      await untilReady(up, name, pid)
      await untilAllCounted(3)
    }
    stopping = true
    await Promise.all(loads)
    assert.deepEqual(failures.map(String), [])
    assert.equal(
      visitors.reduce((sum, visitor) => sum + visitor.repeats, 0),
      0,
    )
  })
})
