/**
 * `clowder/redis`: sessions in Redis or Valkey, standalone, behind Sentinel or as a cluster. Every step is one script on one key
 * (`redis-scripts.ts`), so it needs no transaction and no lock, and works across the slots of a cluster.
 */
import { type AnyRedisClient, ScriptRunner, script } from './redis-client.ts'
import { CLAIM, CLAIMED, DESTROY, LEAVE, READ, TOUCH, WRITE } from './redis-scripts.ts'
import {
  DONE,
  type Done,
  MISSING,
  type OpenStore,
  type Outcome,
  type SessionStore,
  type Stored,
  type StoredChange,
  type StoredTimes,
} from './store.ts'

export type { AnyRedisClient, RedisClient, RedisClusterClient, RedisSentinelClient } from './redis-client.ts'
export type { SessionStore } from './store.ts'

export interface RedisStoreOptions {
  /** What all keys begin with; default `clowder:`. Behind it: the manager's name, `:s:` or `:u:`, and a key or a user's id. */
  readonly prefix?: string
}

/**
 * For `createSessionManager({ name, store })`. The client is connected, and later closed, by who made it; it needs an
 * `error` listener, as node-redis demands.
 *
 * @example
 * const client = await createClient({ url: 'redis://127.0.0.1' }).on('error', () => {}).connect()
 * const manager = createSessionManager({ name: 'shop', store: redisStore(client) })
 */
export function redisStore(client: AnyRedisClient, { prefix = 'clowder:' }: RedisStoreOptions = {}): SessionStore {
  // Braces would put all sessions of that name into one slot of a cluster.
  return { open: (name) => new RedisStore(new ScriptRunner(client), `${prefix}${encodeURIComponent(name)}:`) }
}

const scripts = {
  read: script(READ),
  write: script(WRITE),
  touch: script(TOUCH),
  destroy: script(DESTROY),
  leave: script(LEAVE),
  claim: script(CLAIM),
  claimed: script(CLAIMED),
}

const MARK = { done: 0x2b, destroyed: 0x64, moved: 0x6d } as const
/** What attribute fields begin with. */
const ATTRIBUTE = 0x61

class RedisStore implements OpenStore {
  readonly #runner: ScriptRunner
  readonly #sessions: string
  readonly #users: string

  constructor(runner: ScriptRunner, prefix: string) {
    this.#runner = runner
    this.#sessions = `${prefix}s:`
    this.#users = `${prefix}u:`
  }

  async read(key: string): Promise<Stored> {
    return toStored(await this.#runner.run(scripts.read, this.#sessions + key, []))
  }

  async write(key: string, change: StoredChange): Promise<Outcome> {
    const { create, ageMs, idleMs, lifetimeMs, maxFields, fields } = change
    const args: (string | Buffer)[] = [
      create ? '1' : '0',
      whole(ageMs),
      whole(idleMs),
      whole(lifetimeMs),
      `${maxFields}`,
    ]
    for (const [name, field] of fields) args.push(`a${name}`, asBuffer(field))
    return toOutcome(await this.#runner.run(scripts.write, this.#sessions + key, args))
  }

  async touch(key: string, { idleMs, lifetimeMs }: StoredTimes): Promise<Outcome> {
    const args = [whole(idleMs), whole(lifetimeMs)]
    return toOutcome(await this.#runner.run(scripts.touch, this.#sessions + key, args))
  }

  async destroy(key: string, rememberMs: number): Promise<Outcome> {
    return toOutcome(await this.#runner.run(scripts.destroy, this.#sessions + key, [whole(rememberMs)]))
  }

  async leave(
    key: string,
    { to, writes, rememberMs }: { to: string; writes: number | undefined; rememberMs: number },
  ): Promise<Stored | Done> {
    const args = [to, whole(rememberMs), writes === undefined ? '' : `${writes}`]
    const answer = await this.#runner.run(scripts.leave, this.#sessions + key, args)
    return Array.isArray((answer as unknown[])[1]) ? toStored(answer) : toOutcome(answer)
  }

  keys(): AsyncIterator<readonly string[]> {
    return this.#runner.keys(this.#sessions)
  }

  async claim(user: string, key: string, forMs: number): Promise<void> {
    await this.#runner.run(scripts.claim, this.#users + user, [key, whole(forMs)])
  }

  async release(user: string, key: string): Promise<void> {
    await this.#runner.command('ZREM', this.#users + user, key)
  }

  async claimed(user: string, max: number): Promise<string[]> {
    const keys = await this.#runner.run(scripts.claimed, this.#users + user, [`${max}`])
    return (keys as Buffer[]).map((key) => key.toString('latin1'))
  }
}

/** `[mark, age]` of the scripts. */
function toOutcome(answer: unknown): Outcome {
  const [mark, age] = answer as [Buffer, Buffer | undefined]
  switch (mark[0]) {
    case undefined:
      return MISSING
    case MARK.done:
      return DONE
    case MARK.destroyed:
      return { type: 'destroyed' }
    case MARK.moved:
      return { type: 'moved', to: mark.toString('latin1', 1), agoMs: Number(age) }
    default:
      throw new Error(`a script answered ${mark.toString('latin1')}`)
  }
}

/** `[now, [field, value, …]]` of the scripts. */
function toStored(answer: unknown): Stored {
  const [now, flat] = answer as [Buffer, Buffer[]]
  const nowMs = Number(now)
  const fields = new Map<string, Uint8Array>()
  const facts: Record<string, Buffer> = {}
  for (let i = 0; i < flat.length; i += 2) {
    const [name, value] = [flat[i]!, flat[i + 1]!]
    if (name[0] === ATTRIBUTE) fields.set(name.toString('utf8', 1), value)
    else facts[name.toString('latin1')] = value
  }
  const { c, t, n, x } = facts
  if (x !== undefined) return toOutcome([x, `${nowMs - Number(t)}`]) as Stored
  if (c === undefined) return MISSING
  return { type: 'living', createdMs: Number(c), accessedMs: Number(t), nowMs, writes: Number(n), fields }
}

/** Scripts and PEXPIRE take no fractions and no infinity. */
function whole(ms: number): string {
  return ms > 0 ? Math.min(Math.ceil(ms), MAX_MS).toFixed(0) : '0'
}

/** A hundred years: what is longer is taken for it. */
const MAX_MS = 100 * 365 * 24 * 60 * 60 * 1000

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
