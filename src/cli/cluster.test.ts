import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { until } from '../../test/kit/until.ts'
import type { FakeClock } from '../clock/fake-clock.ts'
import type { ClusterStatus, MemberStatus } from '../worker/index.ts'
import { parseClusterStatus } from './cluster-json.ts'
import { run } from './run.ts'
import { fakeIo } from './testing/fake-io.ts'

const member = (name: string, more: Partial<MemberStatus> = {}): MemberStatus => ({
  name,
  address: '127.0.0.1:4001',
  version: '0.1.0',
  node: 'bd22e0b2ca16810c',
  ageMs: 7_500_000,
  state: 'well',
  because: '',
  link: 'open',
  queuedBytes: 2048,
  queuedBatches: 1,
  delayP50Ms: 0,
  delayP99Ms: 3,
  clockMs: 1,
  sent: 12,
  received: 34,
  failed: 0,
  ...more,
})

const STATUS: ClusterStatus = {
  worker: 'worker1',
  route: 'worker1',
  state: 'ready',
  version: '0.1.0',
  nowMs: 1_700_000_010_000,
  node: '57dfaddef438ca87',
  sessions: {
    manager: 'delta',
    total: 4,
    owned: 2,
    copies: 1,
    orphans: 1,
    tombstones: 0,
    created: 2,
    expired: 0,
    destroyed: 0,
    conflicts: 5,
    displaced: 0,
    refused: 0,
    refusing: false,
  },
  traffic: {
    batchesSent: 2,
    bytesSent: 226,
    batchesReceived: 3,
    bytesReceived: 3 * 1024 * 1024,
    entriesApplied: 3,
    messagesRefused: 0,
  },
  channel: {
    name: 'clowder',
    state: 'running',
    address: '127.0.0.1:4000',
    aliveMs: 12_345,
    lateness: 0,
    queuedBytes: 0,
    missing: [],
    quorum: null,
    refused: 0,
    connectionsRefused: 0,
  },
  members: [member('worker2'), member('10.0.0.3:4000', { version: '', delayP50Ms: null, delayP99Ms: null })],
  lastTransfer: {
    reason: 'start',
    from: ['worker2', 'worker3'],
    blocks: 800,
    bytes: 107_000_000,
    ms: 1894.4,
    endedAtMs: 1_700_000_000_000,
  },
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serving = (t: TestContext, status: ClusterStatus) =>
  serve(t, (request, response) => {
    assert.equal(request.url, '/clowder/cluster')
    response.end(JSON.stringify(status))
  })

describe('clowder cluster', () => {
  it('prints what the worker knows', async (t) => {
    const io = fakeIo()
    assert.equal(await run(['cluster', await serving(t, STATUS)], io), 0)
    assert.deepEqual(io.printed, [
      'worker1  ready  clowder/0.1.0',
      'sessions   4 (delta): 2 served here, 1 copies, 1 of nodes that are gone · 5 conflicts merged',
      'changes    sent 2 (226 B), received 3 (3.0 MiB), refused 0',
      'took over  from worker2 and worker3 (start), 800 blocks, 102.0 MiB in 1.9 s, 10.0 s ago',
      'channel    clowder at 127.0.0.1:4000, running for 12.3 s, on time',
      '',
      'MEMBER         STATE  ADDRESS         VERSION  AGE    QUEUE  DELAY P50   P99  SENT  RECEIVED  FAILED',
      'worker2        well   127.0.0.1:4001  0.1.0    2 h  2.0 KiB       0 ms  3 ms    12        34       0',
      '10.0.0.3:4000  well   127.0.0.1:4001  -        2 h  2.0 KiB          -     -    12        34       0',
    ])
  })

  it('prints all of it as JSON', async (t) => {
    const io = fakeIo()
    assert.equal(await run(['cluster', '--json', await serving(t, STATUS)], io), 0)
    assert.deepEqual(JSON.parse(io.printed.join('\n')), STATUS)
  })

  const channel = STATUS.channel!
  for (const [what, exit, status, line] of [
    ['a worker that starts', 3, { ...STATUS, state: 'starting' }, /^worker1 {2}starting/],
    [
      'a member that is missing',
      3,
      { ...STATUS, channel: { ...channel, missing: ['127.0.0.1:4009'] } },
      /^missing {4}127/,
    ],
    ['a suspect', 3, { ...STATUS, members: [member('two', { state: 'suspect' })] }, /^two +suspect/],
    ['a member that is behind', 3, { ...STATUS, members: [member('two', { state: 'behind' })] }, /^two +behind/],
    [
      'a member that was cut off, with the reason',
      3,
      { ...STATUS, members: [member('two', { state: 'behind', because: '17 bytes wait, over 16' })] },
      /^two is behind: 17 bytes wait, over 16$/,
    ],
    [
      'one whose changes are on their way',
      0,
      { ...STATUS, members: [member('two', { state: 'ahead' })] },
      /^two +ahead/,
    ],
    ['a worker that is late itself', 0, { ...STATUS, channel: { ...channel, lateness: 2 } }, /timeouts are 3 times/],
    [
      'a majority',
      0,
      { ...STATUS, channel: { ...channel, quorum: { held: true, present: 3, needed: 2 } } },
      /^quorum {5}held: 3 in view, this one included, 2 needed$/,
    ],
    [
      'a minority that serves',
      3,
      { ...STATUS, channel: { ...channel, quorum: { held: false, present: 1, needed: 2 } } },
      /^quorum {5}lost: 1 in view, this one included, 2 needed; sessions are served all the same$/,
    ],
    [
      'a minority that refuses',
      3,
      {
        ...STATUS,
        sessions: { ...STATUS.sessions, refusing: true },
        channel: { ...channel, quorum: { held: false, present: 1, needed: 2 } },
      },
      /; sessions are refused$/,
    ],
    [
      'a full node',
      0,
      { ...STATUS, sessions: { ...STATUS.sessions, displaced: 4, refused: 1 } },
      /^full {7}4 ended to make room, 1 new ones refused$/,
    ],
    ['nobody else', 0, { ...STATUS, members: [], lastTransfer: null }, /^no other member$/],
    ['no cluster', 0, { ...STATUS, channel: null, members: [] }, /^no cluster$/],
  ] as const)
    it(`ends with ${exit} for ${what}`, async (t) => {
      const io = fakeIo()
      assert.equal(await run(['cluster', await serving(t, status as ClusterStatus)], io), exit)
      assert.ok(
        io.printed.some((printed) => line.test(printed)),
        io.printed.join('\n'),
      )
    })

  for (const [why, listener, says] of [
    ['a refusal', (_, response) => void response.writeHead(403).end('no'), /answers 403 Forbidden$/],
    ['something else', (_, response) => void response.end('<html>'), /the answer is not JSON$/],
    ['other JSON', (_, response) => void response.end('{"a":1}'), /the answer has no worker$/],
    ['a redirect', (_, response) => void response.writeHead(302, { location: '/x' }).end(), /cannot read/],
    ['more than a view can have', (_, response) => void response.end('x'.repeat(5e6)), /more than 4194304 bytes$/],
  ] as const satisfies readonly (readonly [string, RequestListener, RegExp])[])
    it(`fails on ${why}`, async (t) => {
      const io = fakeIo()
      assert.equal(await run(['cluster', await serve(t, listener)], io), 1)
      assert.match(io.complained[0]!, says)
      assert.deepEqual(io.printed, [])
    })

  for (const [args, says] of [
    [[], /needs the URL of a worker’s admin port/],
    [['http://:x'], /is not a URL/],
    [['a', 'b'], /unexpected argument b/],
    [['--watch', '0', 'a'], /--watch 0 is not a number from 1 to 3600/],
    [['--watch', '1.5', 'a'], /--watch 1.5 is not/],
    [['--times', '3', 'a'], /--times needs --watch/],
    [['--nonsense', 'a'], /nonsense/],
  ] as const)
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const io = fakeIo()
      assert.equal(await run(['cluster', ...args], io), 2)
      assert.match(io.complained[0]!, says)
    })
})

describe('clowder cluster --watch', () => {
  async function watching(t: TestContext, args: readonly string[], answers: (n: number) => ClusterStatus | undefined) {
    const io = fakeIo()
    let asked = 0
    const place = await serve(t, (_, response) => {
      const answer = answers(++asked)
      if (answer === undefined) response.writeHead(500)
      response.end(JSON.stringify(answer ?? ''))
    })
    const exit = run(['cluster', '--watch', '2', ...args, place], io)
    const looked = (n: number) => until(`${n} looks`, () => io.printed.length + io.complained.length >= n)
    return { io, exit, looked, clock: io.clock as FakeClock }
  }

  it('looks again and again, one line of JSON each, and stops after --times', async (t) => {
    const { io, exit, looked, clock } = await watching(t, ['--json', '--times', '3'], () => STATUS)
    for (const n of [1, 2]) {
      await looked(n)
      await new Promise(setImmediate)
      clock.advance(1999)
      assert.equal(io.printed.length, n)
      clock.advance(1)
    }
    assert.equal(await exit, 0)
    assert.deepEqual(
      io.printed.map((line) => JSON.parse(line).worker),
      ['worker1', 'worker1', 'worker1'],
    )
  })

  it('goes on while the worker is away, and ends with the last look when asked to', async (t) => {
    const { io, exit, looked, clock } = await watching(t, ['--json'], (n) => (n === 1 ? STATUS : undefined))
    await looked(1)
    await new Promise(setImmediate)
    clock.advance(2000)
    await looked(2)
    assert.match(io.complained[0]!, /answers 500/)
    io.stop()
    assert.equal(await exit, 1)
  })

  it('fails at once where the first look fails', async (t) => {
    const { exit } = await watching(t, [], () => undefined)
    assert.equal(await exit, 1)
  })
})

describe('what a worker answers', () => {
  it('has no power over the terminal', () => {
    const found = parseClusterStatus(JSON.stringify({ ...STATUS, members: [member('a\u001b[2Jb\u009bc')] }))
    assert.equal(found.members[0]!.name, 'a?[2Jb?c')
  })

  it('may say more than we know', () =>
    assert.equal((parseClusterStatus(JSON.stringify({ ...STATUS, more: 1 })) as { more?: number }).more, 1))

  for (const [what, value] of [
    ['members that are no list', { ...STATUS, members: {} }],
    ['a member without a name', { ...STATUS, members: [{ ...member('x'), name: 7 }] }],
    ['a missing list with numbers', { ...STATUS, channel: { ...STATUS.channel, missing: [1] } }],
    ['a quorum without a number', { ...STATUS, channel: { ...STATUS.channel, quorum: { held: true, present: 1 } } }],
    ['sessions that are nothing', { ...STATUS, sessions: null }],
    ['a list', []],
  ] as const)
    it(`is not ${what}`, () =>
      assert.throws(() => parseClusterStatus(JSON.stringify(value)), { code: 'CLI_CLUSTER_UNREADABLE' }))
})
