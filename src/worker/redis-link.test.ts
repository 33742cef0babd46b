/** What a worker does with a client that is its own: when it makes one, what it tells it, and when it makes another. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRedisUrl, type RedisAddress } from '../addresses/index.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { RedisLink, type RedisLinkOptions } from './redis-link.ts'
import { createStore, storeProblems } from './session-store.ts'

function at(url: string): RedisAddress {
  const read = parseRedisUrl(url)
  assert.ok(!('problem' in read))
  return read
}

/** Answers, or does not, as the test says. */
class Client {
  readonly made: unknown
  isDestroyed = false
  /** What waits is not rejected at its end. */
  isForgetful = false
  connects: { resolve: () => void; reject: (error: Error) => void }[] = []
  readonly calls: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = []
  readonly #listeners: [event: string, listener: (error?: unknown) => void][] = []

  constructor(made: unknown) {
    this.made = made
  }

  on(event: string, listener: (error?: unknown) => void): void {
    this.#listeners.push([event, listener])
  }

  emit(event: string, error?: Error): void {
    for (const [heard, listener] of this.#listeners) if (heard === event) listener(error)
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => this.connects.push({ resolve, reject }))
  }

  sendCommand(): Promise<unknown> {
    return new Promise((resolve, reject) => this.calls.push({ resolve, reject }))
  }

  destroy(): void {
    this.isDestroyed = true
    if (!this.isForgetful) for (const { reject } of this.calls) reject(new Error('destroyed'))
  }
}

function linkOf(options: Partial<RedisLinkOptions> = {}) {
  const clients: Client[] = []
  const errors: string[] = []
  const clock = new FakeClock()
  const make = (made: unknown): never => {
    const client = new Client(made)
    clients.push(client)
    return client as never
  }
  const redis = { createClient: make, createCluster: (made: unknown) => make({ cluster: made }) }
  const all = { addresses: [at('redis://h')], isCluster: false, clock, ...options }
  const link = new RedisLink(redis, all, (error) => errors.push((error as Error).message))
  return { link, clients, errors, clock }
}

/** Lets promises that are settled tell. */
const turn = (): Promise<void> => new Promise((done) => setImmediate(done))

describe('a link to Redis', () => {
  const timeout = { connectTimeout: 5000 }
  const rows: readonly [rule: string, options: Partial<RedisLinkOptions>, made: unknown][] = [
    ['an address', {}, { socket: { host: 'h', port: 6379, ...timeout } }],
    [
      'all that an address can say',
      { addresses: [at('rediss://ann:x%2Fy@h:7/3')] },
      { username: 'ann', password: 'x/y', database: 3, socket: { host: 'h', port: 7, tls: true, ...timeout } },
    ],
    [
      'user and password beside it go before those in it',
      { addresses: [at('redis://ann:x@h')], username: 'bob', password: 'y' },
      { username: 'bob', password: 'y', socket: { host: 'h', port: 6379, ...timeout } },
    ],
    [
      'a cluster, whose other nodes are spoken to as the first',
      { isCluster: true, addresses: [at('rediss://:x@a'), at('rediss://:x@b:7')] },
      {
        cluster: {
          rootNodes: [
            { password: 'x', socket: { host: 'a', port: 6379, tls: true, ...timeout } },
            { password: 'x', socket: { host: 'b', port: 7, tls: true, ...timeout } },
          ],
          defaults: { password: 'x', socket: { tls: true, ...timeout } },
        },
      },
    ],
  ]
  for (const [rule, options, made] of rows)
    test(`tells its client: ${rule}`, async () => {
      const { link, clients } = linkOf(options)
      void link.connect(1000)
      assert.deepEqual(
        clients.map((client) => client.made),
        [made],
      )
      link.close()
    })

  const ends: readonly [rule: string, end: (client: Client, clock: FakeClock, link: RedisLink) => void][] = [
    ['the server is there', (client) => client.connects[0]!.resolve()],
    ['it is known that it is not', (client) => client.emit('error', new Error('refused'))],
    ['it says nothing', (_client, clock) => clock.advance(1000)],
    ['it is closed', (_client, _clock, link) => link.close()],
  ]
  for (const [rule, end] of ends)
    test(`begins to serve when ${rule}`, async () => {
      const { link, clients, clock } = linkOf()
      let isReady = false
      const connecting = link.connect(1000).then(() => {
        isReady = true
      })
      clock.advance(999)
      await turn()
      assert.ok(!isReady)
      end(clients[0]!, clock, link)
      await connecting
      link.close()
      assert.ok(clients[0]!.isDestroyed)
    })

  test('tells of what goes wrong, until it is closed', async () => {
    const { link, clients, errors } = linkOf()
    void link.connect(1000)
    clients[0]!.emit('error', new Error('one'))
    clients[0]!.emit('error', new Error('two'))
    link.close()
    clients[0]!.emit('error', new Error('three'))
    assert.deepEqual(errors, ['one', 'two'])
    await assert.rejects(link.open('a').read('k'), /no connection/)
  })

  test('tries a cluster of which no node answers again, and not after its end', async () => {
    const { link, clients, errors, clock } = linkOf({ isCluster: true })
    const connecting = link.connect(60_000)
    for (let count = 1; count <= 3; count++) {
      assert.equal(clients[0]!.connects.length, count)
      clients[0]!.connects.at(-1)!.reject(new Error('no node'))
      await turn()
      clock.advance(1000)
    }
    await connecting
    assert.deepEqual([clients.length, errors], [1, ['no node', 'no node', 'no node']])
    clients[0]!.connects.at(-1)!.reject(new Error('no node'))
    await turn()
    link.close()
    clock.advance(10_000)
    assert.equal(clients[0]!.connects.length, 4)
  })

  test('makes a new client where calls wait and nothing came for 10 s; what was opened goes on with it', async () => {
    const { link, clients, clock } = linkOf()
    void link.connect(1000)
    const store = link.open('a')
    const lost = assert.rejects(store.release('u', 'k'), /destroyed/)
    clock.advance(10_000)
    const answered = store.release('u', 'k')
    assert.equal(clients.length, 1, 'not yet')
    clients[0]!.calls[1]!.resolve(1)
    await answered
    clock.advance(10_000)
    void store.release('u', 'k').catch(() => {})
    assert.equal(clients.length, 1, 'something came meanwhile')
    clock.advance(1)
    const next = store.release('u', 'k')
    assert.deepEqual(
      clients.map(({ isDestroyed }) => isDestroyed),
      [true, false],
    )
    await lost
    clients[1]!.calls[0]!.resolve(1)
    await next
  })

  test('does not count what a client that it gave up never answered', async () => {
    const { link, clients, clock } = linkOf()
    void link.connect(1000)
    const store = link.open('a')
    clients[0]!.isForgetful = true
    void store.release('u', 'k')
    clock.advance(10_001)
    for (let i = 0; i < 2; i++) {
      const answered = store.release('u', 'k')
      clients[1]!.calls[i]!.resolve(1)
      await answered
      clock.advance(60_000)
    }
    assert.equal(clients.length, 2)
  })

  test('makes no client after its end, whatever still waits', async () => {
    const { link, clients, clock } = linkOf()
    void link.connect(1000)
    const store = link.open('a')
    clients[0]!.isForgetful = true
    void store.release('u', 'k')
    link.close()
    clock.advance(10_001)
    await assert.rejects(store.release('u', 'k'), /no connection/)
    assert.equal(clients.length, 1)
  })

  test('is not made anew because nobody has asked for long', async () => {
    const { link, clients, clock } = linkOf()
    void link.connect(1000)
    const store = link.open('a')
    for (let i = 0; i < 3; i++) {
      clock.advance(60_000)
      const answered = store.release('u', 'k')
      clients[0]!.calls.at(-1)!.resolve(1)
      await answered
    }
    assert.equal(clients.length, 1)
  })
})

describe('the store of a file', () => {
  test('needs the package of its client', () => {
    const missing = (name: string): never => {
      throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
    }
    assert.throws(
      () => createStore({ kind: 'redis', url: 'redis://:secret@h' }, new FakeClock(), () => {}, missing),
      ({ code, message }: Error & { code?: string }) =>
        code === 'WORKER_STORE_CLIENT' && message.includes('npm install redis') && !message.includes('secret'),
    )
  })

  const rows: readonly [rule: string, store: Parameters<typeof storeProblems>[0], problems: string[]][] = [
    ['one server', { kind: 'redis', url: 'redis://h' }, []],
    ['a cluster', { kind: 'redis-cluster', urls: ['redis://a', 'rediss://b'] }, []],
    ['no address', { kind: 'redis', url: 'h:1' }, ['url does not begin with redis:// or rediss://']],
    ['no nodes', { kind: 'redis-cluster', urls: [] }, ['urls is empty']],
    [
      'a database of a cluster',
      { kind: 'redis-cluster', urls: ['redis://a', 'redis://b/1'] },
      ['urls[1] names a database, and a cluster has only 0'],
    ],
  ]
  for (const [rule, store, problems] of rows)
    test(`is checked: ${rule}`, () => assert.deepEqual(storeProblems(store), problems))
})
