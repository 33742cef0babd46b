/** The addresses where members may be, with what is known about each: the table of the membership layer. */
import { formatAddress, isPort } from '../address.ts'
import type { Deadline } from '../deadline.ts'
import { endpointKey } from '../identity.ts'
import { createMember, type Endpoint, type Member, UNIQUE_ID_BYTES } from '../member.ts'
import type { ResolvedStaticMember } from '../options.ts'
import type { Transport } from '../transport/transport.ts'
import { type EntryState, newEntry } from './static-entry.ts'

/** The list of the configuration, among the sources that name an address. */
export const LIST = 'list'
/** Several hosts may say one address, as 127.0.0.1, and take turns. */
export const MAX_INTRUDERS = 8
const NO_DOMAIN = new Uint8Array(0)

export interface Entry {
  readonly config: ResolvedStaticMember
  /** Who names it. One that nobody names any more is forgotten with the next heartbeat that finds nobody there. */
  readonly sources: Set<string>
  /** It is told who this node is; Tomcats found by multicast know, and would not understand. */
  greeted: boolean
  /** Stands for whoever is there as the destination of START and STOP. */
  readonly address: Member
  state: EntryState
  answerDue: Deadline | undefined
  /** The first try to find somebody there is over. */
  tried: boolean
  /** Told as such, and not connected since. */
  unreachable: boolean
  /** The last {@link MAX_INTRUDERS} who were found there with a unique id that is not the configured one. */
  intruders: readonly Member[]
}

export interface MemberEntriesOptions {
  readonly transport: Pick<Transport, 'keep' | 'release'>
  readonly local: () => Member
  /** Addresses known at once. */
  readonly maxMembers: number
}

export class MemberEntries {
  readonly #options: MemberEntriesOptions
  /** By `address:port`. */
  readonly #entries = new Map<string, Entry>()

  constructor(options: MemberEntriesOptions) {
    this.#options = options
  }

  get(endpoint: Endpoint): Entry | undefined {
    return this.#entries.get(endpointKey(endpoint))
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values()
  }

  /** The entry of an address, made if need be; undefined for this node itself, and where there are too many. */
  of(host: Uint8Array, config: ResolvedStaticMember): Entry | undefined {
    const { port, uniqueId, domain } = config
    const address = createMember({ host, port, uniqueId: uniqueId ?? new Uint8Array(UNIQUE_ID_BYTES), domain })
    const key = endpointKey(address)
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    const { local, maxMembers, transport } = this.#options
    if (key === endpointKey(local()) || this.#entries.size >= maxMembers) return undefined
    const entry: Entry = {
      config,
      sources: new Set(),
      greeted: true,
      address,
      state: newEntry(uniqueId === undefined ? undefined : address),
      answerDue: undefined,
      tried: false,
      unreachable: false,
      intruders: [],
    }
    this.#entries.set(key, entry)
    transport.keep(address)
    return entry
  }

  /** As {@link of}, for an address that no configuration names; undefined, too, for what nobody can connect to. */
  at({ host, port }: Endpoint): Entry | undefined {
    if (!isPort(port)) return undefined
    return this.of(host, { host: formatAddress(host), port, uniqueId: undefined, domain: NO_DOMAIN })
  }

  forget(entry: Entry): void {
    this.#entries.delete(endpointKey(entry.address))
    entry.answerDue?.cancel()
    this.#options.transport.release(entry.address)
  }
}
