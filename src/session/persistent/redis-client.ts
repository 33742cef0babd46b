/**
 * What is asked of a client of Redis or Valkey: one way to send a command. Fits node-redis (`redis` 5 and later), connected
 * by who made it: a client, a pool, a client that follows Sentinel, or a cluster client. They differ in what comes first.
 */
import { createHash } from 'node:crypto'

type Argument = string | Buffer

/** RESP's sign of texts that may hold any byte, which node-redis otherwise takes for UTF-8. */
const BLOB_STRING = 36

interface CommandOptions {
  readonly typeMapping: { readonly [BLOB_STRING]: BufferConstructor }
}

/** `createClient()`, `createClientPool()` of node-redis. */
export interface RedisClient {
  sendCommand(args: readonly Argument[], options: CommandOptions): Promise<unknown>
}

/** `createCluster()` of node-redis. */
export interface RedisClusterClient {
  readonly masters: readonly unknown[]
  /** Of one of the masters. */
  nodeClient(master: never): RedisClient | Promise<RedisClient>
  sendCommand(
    firstKey: Argument,
    isReadonly: boolean,
    // Not readonly there, though nothing is changed.
    args: Argument[],
    options: CommandOptions,
  ): Promise<unknown>
}

/** `createSentinel()` of node-redis. */
export interface RedisSentinelClient {
  getSentinelNode(): unknown
  sendCommand(isReadonly: boolean, args: Argument[], options: CommandOptions): Promise<unknown>
}

export type AnyRedisClient = RedisClient | RedisClusterClient | RedisSentinelClient

const OPTIONS: CommandOptions = { typeMapping: { [BLOB_STRING]: Buffer } }

export interface Script {
  readonly text: string
  readonly sha: string
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Keys that the server looks at in one step of a search; more at once would keep it from others. */
const SCAN_COUNT = '1000'

export class ScriptRunner {
  readonly #client: AnyRedisClient
  readonly #send: (key: string, args: Argument[]) => Promise<unknown>

  constructor(client: AnyRedisClient) {
    this.#client = client
    if ('masters' in client) this.#send = (key, args) => client.sendCommand(key, false, args, OPTIONS)
    else if ('getSentinelNode' in client) this.#send = (_key, args) => client.sendCommand(false, args, OPTIONS)
    else this.#send = (_key, args) => client.sendCommand(args, OPTIONS)
  }

  command(name: string, key: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#send(key, [name, key, ...args])
  }

  /** Keys that begin so, on all servers of a cluster, in portions; some perhaps twice. Without the beginning. */
  async *keys(prefix: string): AsyncGenerator<string[], undefined> {
    const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`
    for (const send of await this.#servers(prefix)) {
      for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
        const answer = await send(['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT])
        const [next, keys] = answer as [Buffer, Buffer[]]
        cursor = next.toString('latin1')
        yield keys.map((key) => key.toString('utf8').slice(prefix.length))
      }
    }
    return undefined
  }

  async #servers(anyKey: string): Promise<((args: Argument[]) => Promise<unknown>)[]> {
    const client = this.#client
    if (!('masters' in client)) return [(args) => this.#send(anyKey, args)]
    const nodes = await Promise.all(client.masters.map((master) => client.nodeClient(master as never)))
    return nodes.map((node) => (args: Argument[]) => node.sendCommand(args, OPTIONS))
  }

  /** Texts in the answer are buffers. A server that was restarted or has taken over does not know the script and is sent it. */
  async run({ text, sha }: Script, key: string, args: readonly Argument[]): Promise<unknown> {
    try {
      return await this.#send(key, ['EVALSHA', sha, '1', key, ...args])
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return this.#send(key, ['EVAL', text, '1', key, ...args])
    }
  }
}
