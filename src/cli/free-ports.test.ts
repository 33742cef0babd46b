import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { freePorts, probePort } from './free-ports.ts'

/** Random numbers that draw these ports, then others upwards from the first. */
function drawing(...ports: number[]): () => number {
  let next = ports[0]!
  return () => ((ports.shift() ?? ++next) - 20_000 + 0.5) / 10_000
}

describe('free ports', () => {
  it('are different ones', async () => {
    const ports = await freePorts('127.0.0.1', 2, drawing(21_000, 21_000, 21_500))
    assert.equal(new Set(ports).size, 2)
  })

  it('are not those that are taken', async (t) => {
    const [taken] = await freePorts('127.0.0.1', 1, Math.random)
    const server = createServer().listen(taken, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    assert.equal((server.address() as AddressInfo).port, taken)
    const [other] = await freePorts('127.0.0.1', 1, drawing(taken!, taken!, taken!))
    assert.notEqual(other, taken)
    await assert.rejects(probePort('127.0.0.1', taken!), { code: 'EADDRINUSE', port: taken })
    await probePort('127.0.0.1', other!)
  })

  it('end somewhere', async () => {
    await assert.rejects(
      freePorts('127.0.0.1', 2, () => 0.5),
      {
        code: 'CLI_NO_FREE_PORT',
        message: 'no free port on 127.0.0.1 between 20000 and 29999',
      },
    )
  })
})
