/**
 * Which virtual host answers: first by the address a client came in at, then by the name it asks for (httpd, "Virtual Host
 * Matching"). The most specific addresses decide: the address itself before any address, the port itself before any port.
 * Among hosts with the same ones the first in order that has the name or an alias for it is taken, exact or not; the first
 * of them takes what nobody else does.
 */
import { splitHost } from './split-host.ts'
import { compileWildcard, hasWildcard, type Matcher } from './wildcard.ts'

/** Where a client came in. */
export interface LocalEnd {
  readonly localAddress?: string
  readonly localPort: number
}

export interface HostNames {
  readonly names: readonly string[]
  readonly addresses?: readonly string[]
}

const EVERYWHERE: readonly string[] = ['*:*']
/** Addresses and ports that are remembered; a balancer listens on a few, but with `*` each address of the machine counts. */
const MAX_ENDS = 1_024

export class VirtualHosts {
  readonly #tables = new Map<string, NameTable>()
  readonly #ends = new Map<string, NameTable | undefined>()
  /** There is one table for all addresses. */
  readonly #only: NameTable | undefined
  #lastEnd: LocalEnd | undefined
  #lastTable: NameTable | undefined

  constructor(hosts: readonly HostNames[]) {
    for (const [index, { names, addresses = EVERYWHERE }] of hosts.entries()) {
      for (const address of new Set(addresses)) {
        const table = this.#tables.get(address) ?? new NameTable()
        this.#tables.set(address, table)
        table.add(index, names)
      }
    }
    this.#only = this.#tables.size === 1 ? this.#tables.get('*:*') : undefined
  }

  /** The index of the host; -1 when none answers at this address. */
  find(field: string | undefined, end: LocalEnd | undefined): number {
    const table = this.#only ?? this.#tableAt(end)
    return table === undefined ? -1 : table.find(field)
  }

  #tableAt(end: LocalEnd | undefined): NameTable | undefined {
    if (end === undefined) return this.#tables.get('*:*')
    if (end === this.#lastEnd) return this.#lastTable
    const address = end.localAddress ?? ''
    const key = `${address} ${end.localPort}`
    let table = this.#ends.get(key)
    if (table === undefined && !this.#ends.has(key)) {
      const spelled = address.includes(':') ? `[${address}]` : address
      const { localPort } = end
      table = [`${spelled}:${localPort}`, `${spelled}:*`, `*:${localPort}`, '*:*']
        .map((each) => this.#tables.get(each))
        .find(Boolean)
      if (this.#ends.size < MAX_ENDS) this.#ends.set(key, table)
    }
    this.#lastEnd = end
    this.#lastTable = table
    return table
  }
}

/** Hosts at the same address, by name. */
class NameTable {
  readonly #exact = new Map<string, number>()
  readonly #aliases: { readonly index: number; readonly matches: Matcher }[] = []
  #first = -1
  #count = 0
  #lastField: string | undefined
  #lastIndex = -1

  add(index: number, names: readonly string[]): void {
    this.#count++
    if (this.#first === -1) this.#first = index
    for (const name of names.map(hostName)) {
      if (hasWildcard(name)) this.#aliases.push({ index, matches: compileWildcard(name) })
      else if (!this.#exact.has(name)) this.#exact.set(name, index)
    }
  }

  find(field: string | undefined): number {
    if (field === undefined || this.#count === 1) return this.#first
    if (field === this.#lastField) return this.#lastIndex
    this.#lastField = field
    this.#lastIndex = this.#indexOf(hostName(field))
    return this.#lastIndex
  }

  #indexOf(name: string): number {
    const exact = this.#exact.get(name)
    for (const { index, matches } of this.#aliases) {
      if (exact !== undefined && index >= exact) break
      if (matches(name)) return index
    }
    return exact ?? this.#first
  }
}

/** Without port and final dot, in lower case (httpd `fix_hostname`). */
function hostName(field: string): string {
  const { name } = splitHost(field)
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}
