import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { test } from 'node:test'
import { createBalancer } from './index.ts'

/** The same port on both loopback addresses; undefined where there is no IPv6. */
async function both(): Promise<{ port: number; servers: Server[] } | undefined> {
  const answering = (text: string) => createServer((_, response) => void response.end(text))
  const [v4, v6] = [answering('IPv4'), answering('IPv6')]
  await once(v4.listen(0, '127.0.0.1'), 'listening')
  const { port } = v4.address() as AddressInfo
  const isThere = await new Promise<boolean>((resolve) => {
    v6.once('error', () => resolve(false)).listen(port, '::1', () => resolve(true))
  })
  if (isThere) return { port, servers: [v4, v6] }
  v4.close()
  return undefined
}

test('prefer_ipv6: of the addresses of a name the IPv6 one is taken, and shown', async (t) => {
  const backends = await both()
  if (backends === undefined) {
    t.skip('::1 cannot be listened on here')
    return
  }
  const { port, servers } = backends
  // Both addresses answer: Node would go on to the second when this process stands still for a quarter of a second.
  setDefaultAutoSelectFamilyAttemptTimeout(60_000)
  t.after(() => servers.map((server) => server.close()))
  const [ipv4, ipv6] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  type Found = (error: null, addresses: unknown, family?: number) => void
  const inOrder = ({ order }: dns.LookupOptions) => (order === 'ipv6first' ? [ipv6, ipv4] : [ipv4, ipv6])
  const real = dns.lookup
  t.mock.method(dns, 'lookup', (host: string, options: dns.LookupOptions, found: Found) => {
    if (!host.endsWith('.test')) return real(host, options, found as never)
    const addresses = inOrder(options)
    if (options.all) found(null, addresses)
    else found(null, addresses[0]!.address, addresses[0]!.family)
  })
  t.mock.method(dns.promises, 'lookup', (_: string, options: dns.LookupOptions) => Promise.resolve(inOrder(options)[0]))
  const worker = (preferIpv6: boolean) => ({ type: 'http' as const, host: `host-${preferIpv6}.test`, port, preferIpv6 })
  const balancer = createBalancer({
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: { as: worker(false), v6: worker(true) },
    workerList: ['as', 'v6'],
    hosts: [
      {
        names: [],
        mounts: ['as', 'v6'].map((name) => ({ pattern: `/${name}`, worker: name, source: 'mount' })),
        access: [],
      },
    ],
  })
  await balancer.start()
  t.after(() => balancer.stop(0))
  const front = balancer.addresses()[0]!.port
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${front}${path}`)).text()
  assert.equal(await get('/as'), 'IPv4')
  assert.equal(await get('/v6'), 'IPv6')
  assert.deepEqual(
    balancer.snapshot().workers.map((each) => 'address' in each && each.address),
    [`127.0.0.1:${port}`, `[::1]:${port}`],
  )
})
