import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualHosts } from './virtual-hosts.ts'

const hosts = [
  { names: ['a.example'], addresses: ['*:80'] },
  { names: ['b.example'], addresses: ['*:80'] },
  { names: ['a.example'], addresses: ['*:8080'] },
  { names: [], addresses: ['10.0.0.1:80'] },
  { names: ['c.example'], addresses: ['10.0.0.1:*', '[::1]:80'] },
  { names: ['main.example'], addresses: ['*:*'] },
]

const ROWS: readonly [rule: string, field: string | undefined, address: string, port: number, host: number][] = [
  ['the port decides before the name', 'a.example', '127.0.0.1', 8080, 2],
  ['among hosts of a port the name does', 'b.example', '127.0.0.1', 80, 1],
  ['the first of them takes unknown names', 'x.example', '127.0.0.1', 80, 0],
  ['and requests without one', undefined, '127.0.0.1', 80, 0],
  ['the address goes before any address, whatever the name', 'b.example', '10.0.0.1', 80, 3],
  ['with any port only where no port fits', 'c.example', '10.0.0.1', 81, 4],
  ['IPv6', 'x', '::1', 80, 4],
  ['where none fits, the one for everywhere', 'a.example', '127.0.0.1', 9, 5],
]

describe('VirtualHosts', () => {
  const table = new VirtualHosts(hosts)
  for (const [rule, field, localAddress, localPort, host] of ROWS)
    it(rule, () => {
      const end = { localAddress, localPort }
      for (let time = 0; time < 3; time++) assert.equal(table.find(field, end), host)
    })

  it('ends are told apart, one after the other', () => {
    const ends = ROWS.map(([, field, localAddress, localPort]) => ({ field, end: { localAddress, localPort } }))
    assert.deepEqual(
      ends.map(({ field, end }) => table.find(field, end)),
      ROWS.map(([, , , , host]) => host),
    )
  })
  it('nobody answers where no address fits', () => {
    assert.equal(new VirtualHosts([hosts[0]!]).find('a.example', { localAddress: '127.0.0.1', localPort: 81 }), -1)
  })
  it('without addresses all answer everywhere, by name', () => {
    const named = new VirtualHosts([{ names: [] }, { names: ['b.example'] }])
    assert.equal(named.find('b.example', undefined), 1)
    assert.equal(named.find('x', { localPort: 1 }), 0)
  })
})
