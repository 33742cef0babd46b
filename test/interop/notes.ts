/** What the Node application has seen, by case, and the gates at which it waits: `GET /control` of both applications. */
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { within } from '../kit/until.ts'

const GATE_LIMIT_MS = 30_000

interface Gate {
  readonly opened: Promise<void>
  readonly open: () => void
}

class Note {
  readonly facts = new Map<string, string>()
  readonly #gates = new Map<string, Gate>()

  gate(name: string): Promise<void> {
    return within(`gate ${name}`, this.#gate(name).opened, GATE_LIMIT_MS)
  }

  open(name: string): void {
    this.#gate(name).open()
  }

  #gate(name: string): Gate {
    let gate = this.#gates.get(name)
    if (gate === undefined) {
      let open = () => {}
      const opened = new Promise<void>((done) => {
        open = done
      })
      gate = { opened, open }
      this.#gates.set(name, gate)
    }
    return gate
  }
}

export class Notes {
  readonly #notes = new Map<string, Note>()

  open(name: string | undefined): Note {
    const note = new Note()
    if (name !== undefined) this.#notes.set(name, note)
    return note
  }

  /** `?case=NAME` gives the note as JSON, `&release=GATE` opens a gate of that case. */
  readonly control: RequestListener = (request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams
    const note = this.#notes.get(query.get('case') ?? '')
    const gate = query.get('release')
    if (gate !== null) note?.open(gate)
    response.setHeader('Content-Type', 'application/json')
    response.end(note === undefined ? 'null' : JSON.stringify(Object.fromEntries(note.facts)))
  }
}

/** What is noted of a request's body. */
export class BodyNote {
  readonly #facts: Map<string, string>
  readonly #hash = createHash('sha256')
  #bytes = 0

  constructor(facts: Map<string, string>) {
    this.#facts = facts
    facts.set('body.end', 'open')
  }

  add(piece: Buffer): void {
    this.#hash.update(piece)
    this.#bytes += piece.length
    this.#facts.set('body.bytes', String(this.#bytes))
  }

  fail(): void {
    this.#facts.set('body.end', 'error')
  }

  end(): void {
    this.#facts.set('body.bytes', String(this.#bytes))
    this.#facts.set('body.sha256', this.#hash.digest('hex'))
    this.#facts.set('body.end', 'end')
  }
}
