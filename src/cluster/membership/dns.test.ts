/** Members from a name: with a scripted resolver, and over UDP with a name server that a test answers for. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { describe, type TestContext, test } from 'node:test'
import { until } from '../../../test/kit/until.ts'
import { type Clock, systemClock } from '../../clock/clock.ts'
import { FakeClock } from '../../clock/fake-clock.ts'
import { endpointKey } from '../identity.ts'
import { testMember } from '../testing/fixture.ts'
import { type DnsMembershipOptions, type DnsResolver, dnsSource } from './dns.ts'
import type { MembershipGroup } from './source.ts'

const turns = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A source with what it told, as `+address`, `-address`, `! message`. */
function setup(options: Omit<DnsMembershipOptions, 'type'>, clock: Clock) {
  const told: string[] = []
  const group: MembershipGroup = {
    clock,
    local: () => testMember(1, { port: 4100 }),
    found: (endpoint) => told.push(`+${endpointKey(endpoint)}`),
    seen: () => told.push('seen'),
    lost: (endpoint) => told.push(`-${endpointKey(endpoint)}`),
    left: () => told.push('left'),
    failed: (cause) => told.push(`! ${cause instanceof Error ? cause.message : String(cause)}`),
  }
  const source = dnsSource({ type: 'dns', ...options })
  return { source, group, seen: () => told.splice(0).join(' ') }
}

describe('a name', () => {
  const answers: Record<string, string[]> = {}
  const resolver: DnsResolver = {
    resolve4: async (name) => {
      const found = answers[name]
      if (found === undefined) throw new Error(`queryA ENOTFOUND ${name}`)
      return found
    },
    resolve6: async () => ['fd00::1'],
    resolveSrv: async () => [
      { name: 'one', port: 4001 },
      { name: 'two', port: 4002 },
    ],
  }

  test('is every address of it, on the port of this node; what it does not name any more is taken back', async () => {
    const clock = new FakeClock()
    const { source, group, seen } = setup({ name: 'workers', resolver }, clock)
    answers.workers = ['10.0.0.1', '10.0.0.2']
    await source.start(group)
    assert.equal(seen(), '+10.0.0.1:4100 +10.0.0.2:4100')
    answers.workers = ['10.0.0.2', '10.0.0.3']
    clock.advance(5000)
    await turns()
    assert.equal(seen(), '-10.0.0.1:4100 +10.0.0.3:4100')
    await source.stop()
    assert.equal(clock.pending, 0)
  })

  test('that fails, or has no address, takes nobody away', async () => {
    const clock = new FakeClock()
    const { source, group, seen } = setup({ name: 'workers', resolver, port: 4000 }, clock)
    answers.workers = ['10.0.0.1']
    await source.start(group)
    seen()
    delete answers.workers
    clock.advance(5000)
    await turns()
    assert.equal(seen(), '! queryA ENOTFOUND workers')
    answers.workers = []
    clock.advance(5000)
    await turns()
    assert.equal(seen(), '')
    await source.stop()
  })

  test('that is unknown at the start is asked again', async () => {
    const clock = new FakeClock()
    const { source, group, seen } = setup({ name: 'late', resolver }, clock)
    await source.start(group)
    assert.equal(seen(), '! queryA ENOTFOUND late')
    answers.late = ['10.0.0.9']
    clock.advance(5000)
    await turns()
    assert.equal(seen(), '+10.0.0.9:4100')
    await source.stop()
  })

  test('that is never answered costs its time and no more', async () => {
    const clock = new FakeClock()
    let cancelled = 0
    const deaf: DnsResolver = { ...resolver, resolve4: () => new Promise(() => {}), cancel: () => cancelled++ }
    const { source, group, seen } = setup({ name: 'deaf', resolver: deaf }, clock)
    const started = source.start(group)
    clock.advance(2000)
    await started
    assert.equal(seen(), '! no answer within 2000 ms')
    assert.equal(cancelled, 1)
    await source.stop()
    assert.equal(clock.pending, 0)
  })

  test('with SRV records has a port per target', async () => {
    const clock = new FakeClock()
    const { source, group, seen } = setup({ name: '_channel._tcp.workers', srv: true, resolver }, clock)
    answers.one = ['10.0.0.1']
    answers.two = ['10.0.0.2', '10.0.0.3']
    await source.start(group)
    assert.equal(seen(), '+10.0.0.1:4001 +10.0.0.2:4002 +10.0.0.3:4002')
    await source.stop()
  })
})

/** Answers every question for an address with those of `addresses` (RFC 1035 section 4). */
async function nameServer(t: TestContext, addresses: () => readonly string[]): Promise<string> {
  const socket = createSocket('udp4')
  t.after(() => new Promise<void>((done) => void socket.close(() => done())))
  socket.on('message', (query, from) => {
    const questionEnd = query.indexOf(0, 12) + 5
    const found = addresses()
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(found.length, 6)
    // One question and what was found; no authorities, and none of the additional records of the question.
    head.writeUInt32BE(0, 8)
    const records = found.map((address) => {
      // The name of the question, A, IN, no caching, four bytes.
      const record = Buffer.from('c00c0001000100000000000400000000', 'hex')
      Buffer.from(address.split('.').map(Number)).copy(record, 12)
      return record
    })
    socket.send(Buffer.concat([head, query.subarray(12, questionEnd), ...records]), from.port, from.address)
  })
  await new Promise<void>((done) => void socket.bind(0, '127.0.0.1', done))
  return `127.0.0.1:${socket.address().port}`
}

test('over UDP, with a name server that changes its mind', async (t) => {
  let addresses = ['10.0.0.1', '10.0.0.2']
  const resolver = new Resolver({ timeout: 10_000, tries: 2 })
  resolver.setServers([await nameServer(t, () => addresses)])
  const { source, group, seen } = setup(
    { name: 'workers.example', resolver, intervalMs: 20, timeoutMs: 30_000 },
    systemClock,
  )
  t.after(() => source.stop())
  await source.start(group)
  assert.equal(seen(), '+10.0.0.1:4100 +10.0.0.2:4100')
  addresses = ['10.0.0.2', '10.0.0.3']
  let told = ''
  await until('the change is told', () => {
    told += seen()
    return told !== ''
  })
  assert.equal(told, '-10.0.0.1:4100 +10.0.0.3:4100')
})
