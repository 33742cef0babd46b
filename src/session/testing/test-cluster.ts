/**
 * Several managers on one network and one clock, all moved by the test: time passes, turns end and messages land only
 * inside the calls below. Everything that is random comes from a seed.
 */
import { FakeClock } from '../../clock/fake-clock.ts'
import type { SessionEvent } from '../events.ts'
import { createSessionManager, type SessionManager } from '../manager.ts'
import type { SessionManagerOptions } from '../options.ts'
import { type Flight, type MemoryChannel, MemoryNetwork } from './memory-network.ts'

/** A network that never becomes quiet is a bug, not a slow test. */
const MAX_ROUNDS = 2000

export interface TestNode {
  readonly name: string
  readonly channel: MemoryChannel
  readonly manager: SessionManager
  readonly events: SessionEvent[]
  readonly clock: SkewedClock
}

/** The cluster's time, seen by a node whose wall clock may be wrong. */
export class SkewedClock extends FakeClock {
  skewMs = 0
  readonly #base: FakeClock

  constructor(base: FakeClock) {
    super()
    this.#base = base
  }

  override now(): number {
    return this.#base.now() + this.skewMs
  }

  override monotonic(): number {
    return this.#base.monotonic()
  }

  override after(ms: number, run: () => void) {
    return this.#base.after(ms, run)
  }

  override every(ms: number, run: () => void) {
    return this.#base.every(ms, run)
  }

  override clear(timer: unknown): void {
    this.#base.clear(timer)
  }
}

export class TestCluster {
  readonly network = new MemoryNetwork()
  readonly clock = new FakeClock()
  readonly nodes: TestNode[] = []
  readonly #turns: (() => void)[] = []
  readonly #options: Partial<SessionManagerOptions>
  #seed = 1

  /** `options`: of all nodes. */
  constructor(options: Partial<SessionManagerOptions> = {}) {
    this.#options = options
  }

  /** A node whose manager is not started yet. */
  node(options: Partial<SessionManagerOptions> = {}): TestNode {
    const name = `node-${this.nodes.length}`
    const channel = this.network.channel(name)
    const clock = new SkewedClock(this.clock)
    const manager = createSessionManager({
      name: 'test',
      channel,
      route: name,
      clock,
      randomBytes: (size) => this.#randomBytes(size),
      endOfTurn: (run) => void this.#turns.push(run),
      // Time stands still between two turns here.
      collectMs: 0,
      ...this.#options,
      ...options,
    })
    const events: SessionEvent[] = []
    manager.on((event) => events.push(event))
    const node = { name, channel, manager, events, clock }
    this.nodes.push(node)
    return node
  }

  /** Nodes that know each other and are ready. */
  async started(count: number, options: Partial<SessionManagerOptions> = {}): Promise<TestNode[]> {
    const nodes = Array.from({ length: count }, () => this.node(options))
    this.network.meet()
    const ready = Promise.all(nodes.map((node) => node.manager.start()))
    await this.until(ready)
    await this.settle()
    return nodes
  }

  /** Starts a node without waiting; says when it is ready. */
  starting(node: TestNode): { isReady: boolean } {
    const state = { isReady: false }
    this.network.meet()
    void node.manager.start().then(() => Object.assign(state, { isReady: true }))
    return state
  }

  /** Ends all turns that are open. */
  endTurn(): void {
    for (const run of this.#turns.splice(0)) run()
  }

  /** Ends turns and lets messages land, in order, until there are none. `pass` may take one out of the way. */
  async settle(pass: (flight: Flight) => boolean = () => true): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.endTurn()
      await microtasks()
      const flight = this.network.flights.find(pass)
      if (flight !== undefined) await this.network.land(flight)
      else if (this.#turns.length === 0) return
    }
    throw new Error('the network does not become quiet')
  }

  /** Lets time pass in steps, with all messages landing between them. */
  async advance(ms: number, stepMs = 250): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(left, stepMs))
      await this.settle()
    }
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const watched = promise.finally(() => {
      isSettled = true
    })
    watched.catch(() => {})
    for (let round = 0; round < MAX_ROUNDS; round++) {
      await this.settle()
      if (isSettled) return watched
      this.clock.advance(100)
    }
    throw new Error('the promise does not settle')
  }

  /** Its process is gone: no goodbye, what it sent and has not arrived is lost. */
  kill(node: TestNode): void {
    node.channel.isAlive = false
    for (const flight of [...this.network.flights]) if (flight.from === node.channel) this.network.lose(flight)
    void node.manager.stop()
  }

  #randomBytes(size: number): Uint8Array {
    // Mulberry32 by Tommy Ettinger (public domain): small, and good enough to be different.
    const bytes = new Uint8Array(size)
    for (let i = 0; i < size; i++) {
      this.#seed = (this.#seed + 0x6d2b79f5) | 0
      let t = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      bytes[i] = (t ^ (t >>> 14)) >>> 0
    }
    return bytes
  }
}

/** Lets everything run that waits for nothing but its turn. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
