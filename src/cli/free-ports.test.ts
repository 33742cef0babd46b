import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { freePorts, probePort } from './free-ports.ts'

/** A random number that draws the block of two that begins with this port. */
const of = (port: number): number => ((port - 20_000) / 2 + 0.5) / 5_000

describe('free ports', () => {
  it('are a block, wherever it is drawn', async () => {
    for (const count of [1, 9, 65]) {
      const ports = await freePorts('127.0.0.1', count, Math.random)
      assert.deepEqual(
        ports,
        Array.from({ length: count }, (_, index) => ports[0]! + index),
      )
      assert.ok(ports[0]! >= 20_000 && ports.at(-1)! < 30_000, `${ports}`)
      assert.equal((ports[0]! - 20_000) % count, 0, 'blocks do not overlap')
    }
  })

  it('are none of a block of which one is taken, and they end somewhere', async (t) => {
    const [first, taken] = (await freePorts('127.0.0.1', 2, Math.random)) as [number, number]
    const server = createServer().listen(taken, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const draws = [of(first), of(first)]
    const other = await freePorts('127.0.0.1', 2, () => draws.shift() ?? Math.random())
    assert.ok(!other.includes(first) && !other.includes(taken), `${other}`)
    await assert.rejects(probePort('127.0.0.1', taken), { code: 'EADDRINUSE', port: taken })
    await assert.rejects(
      freePorts('127.0.0.1', 2, () => of(first)),
      {
        code: 'CLI_NO_FREE_PORT',
        message: 'no free port on 127.0.0.1 between 20000 and 29999',
      },
    )
  })
})
