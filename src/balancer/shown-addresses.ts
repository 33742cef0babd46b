/**
 * The addresses behind the names of backends, for jk-status to show (mod_jk.md 7.6, `address`). mod_jk looks a name up once,
 * at its start, and stays with what it found. Here every connection looks its name up itself; what is shown is asked for
 * aside, at the start, after an edit and with each maintenance, and nothing waits for it: names are asked for one after the
 * other, because the system looks up only two at a time, and connections need it more (libuv, `UV__WORK_SLOW_IO`).
 */
import { isIP } from 'node:net'

/** The first address of a name. Rejects where it has none. */
export type LookUp = (host: string) => Promise<string>

/** Port 0 or a name without an address: nobody can be reached there. */
const INVALID = 'invalid'
/** Has been asked for, nobody has answered yet. */
const UNRESOLVED = 'unresolved'

/** Names that are remembered; there are as many as backends, but for those that somebody tries out. */
const MAX_NAMES = 10_000

export class ShownAddresses {
  readonly #lookUp: LookUp
  /** By name; undefined: it has none. */
  readonly #known = new Map<string, string | undefined>()
  readonly #underWay = new Map<string, Promise<boolean>>()
  /** Those that a refresh has still to ask for; who waits keeps the place. */
  readonly #due = new Set<string>()
  #isRefreshing = false

  constructor(lookUp: LookUp) {
    this.#lookUp = lookUp
  }

  /** `ip:port`, `invalid` or `unresolved`. */
  of(host: string, port: number): string {
    if (port === 0) return INVALID
    const address = isIP(host) !== 0 ? host : this.#known.has(host) ? this.#known.get(host) : UNRESOLVED
    if (address === undefined) return INVALID
    if (address === UNRESOLVED) return UNRESOLVED
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }

  /** Asks for the addresses of these hosts again, and forgets all others. */
  refresh(hosts: Iterable<string>): void {
    const names = new Set<string>()
    for (const host of hosts) if (isIP(host) === 0) names.add(host)
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name)
    for (const name of this.#due) if (!names.has(name)) this.#due.delete(name)
    for (const name of names) this.#due.add(name)
    if (!this.#isRefreshing) void this.#askAll()
  }

  async #askAll(): Promise<void> {
    this.#isRefreshing = true
    for (const name of this.#due) {
      this.#due.delete(name)
      await this.ask(name)
    }
    this.#isRefreshing = false
  }

  /** Whether the name has an address, now. Those who ask at the same time share an answer. Never rejects. */
  ask(name: string): Promise<boolean> {
    const asked = this.#underWay.get(name)
    if (asked !== undefined) return asked
    const answer = this.#lookUp(name).then(
      (address) => this.#learn(name, address),
      () => this.#learn(name, undefined),
    )
    this.#underWay.set(name, answer)
    return answer
  }

  #learn(name: string, address: string | undefined): boolean {
    this.#underWay.delete(name)
    if (this.#known.size < MAX_NAMES || this.#known.has(name)) this.#known.set(name, address)
    return address !== undefined
  }
}
