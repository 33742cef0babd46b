import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { atTurnEnd } from './turn.ts'

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('the end of a turn', () => {
  test('comes once for each that asked, in their order, and not within the turn', async () => {
    const seen: string[] = []
    for (const name of ['a', 'b', 'a']) atTurnEnd({ turnEnds: () => seen.push(name) })
    await Promise.resolve()
    assert.deepEqual(seen, [])
    await nextTurn()
    assert.deepEqual(seen, ['a', 'b', 'a'])
  })

  test('comes anew for whoever asks while it is there', async () => {
    const seen: number[] = []
    const one = { turnEnds: () => void (seen.push(seen.length) < 3 && atTurnEnd(one)) }
    atTurnEnd(one)
    await nextTurn()
    assert.deepEqual(seen, [0])
    await nextTurn()
    await nextTurn()
    assert.deepEqual(seen, [0, 1, 2])
  })

  test('comes before anything else is read', async () => {
    const seen: string[] = []
    const server = createServer((socket) => socket.on('data', () => seen.push('read'))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as { port: number }).port, '127.0.0.1')
    await once(client, 'connect')
    // Within the poll phase, with more to read in the next one.
    client.write('x', () => atTurnEnd({ turnEnds: () => seen.push('written') }))
    while (!seen.includes('read')) await nextTurn()
    assert.equal(seen[0], 'written')
    client.destroy()
    server.close()
    await once(server, 'close')
  })
})
