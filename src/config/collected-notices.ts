/** Directives that are read and left aside, collected into one complaint of each kind instead of one per line. */
import { type Complaints, visible } from './complaint.ts'
import type { ComplaintCode } from './errors.ts'
import type { Position } from './position.ts'

const shownNames = 15

/** Uses of directives or elements by name, with the place of the very first. */
export class Collection {
  #first: Position | undefined
  readonly #lines = new Map<string, { readonly at: Position; times: number }>()

  add(name: string, at: Position): void {
    this.#first ??= at
    const entry = this.#lines.get(name)
    if (entry === undefined) this.#lines.set(name, { at, times: 1 })
    else entry.times += 1
  }

  complain(code: ComplaintCode, says: string, complaints: Complaints): void {
    if (this.#first === undefined) return
    const { file } = this.#first
    const names = [...this.#lines].slice(0, shownNames).map(([name, { at, times }]) => {
      const where = at.file === file ? `${at.line}` : `${at.file}:${at.line}`
      return `${visible(name.slice(0, 40))} (${where}${times > 1 ? `, ${times} times` : ''})`
    })
    const rest = this.#lines.size - names.length
    const more = rest > 0 ? ` and ${rest} more` : ''
    complaints.add(code, this.#first, '', `${says}: ${names.join(', ')}${more}`)
  }
}

export class CollectedNotices {
  readonly #ignored = new Collection()
  readonly #later = new Collection()
  readonly #never = new Collection()
  readonly #tls = new Collection()

  ignored(name: string, at: Position): void {
    this.#ignored.add(name, at)
  }

  later(name: string, at: Position): void {
    this.#later.add(name, at)
  }

  never(name: string, at: Position): void {
    this.#never.add(name, at)
  }

  /** Speaks of TLS between clients and clowder. */
  tls(name: string, at: Position): void {
    this.#tls.add(name, at)
  }

  /** @param isTold what a proxy in front says of TLS is understood, so that what speaks of TLS acts */
  complain(complaints: Complaints, isTold = false): void {
    const waits = 'wait for TLS in clowder (SetEnvIf HTTPS=on tells of TLS at a proxy in front)'
    if (!isTold) this.#tls.complain('CONFIG_DIRECTIVE_LATER', waits, complaints)
    this.#later.complain('CONFIG_DIRECTIVE_LATER', 'accepted, have no effect yet', complaints)
    this.#never.complain('CONFIG_DIRECTIVE_NO_EFFECT', 'accepted, have no effect', complaints)
    this.#ignored.complain('CONFIG_DIRECTIVES_IGNORED', 'not for clowder, ignored', complaints)
  }
}
