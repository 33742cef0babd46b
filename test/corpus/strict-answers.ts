/**
 * A client's view of what a proxy answers: cuts a connection's bytes into answers and notes every deviation from
 * RFC 9112. Shares no code with `src/http1`. Latin-1 strings throughout.
 */
export interface Answer {
  readonly status: number
  /** Names in lower case, in order of arrival. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly head: string
  /** Every byte that was announced has come. */
  readonly isComplete: boolean
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/

export class StrictAnswers {
  readonly violations: string[] = []
  /** Final answers, interim ones left out; the last may be incomplete. */
  readonly answers: Answer[] = []
  interim = 0

  /** `methods` of the requests that were sent, in order; `isClosed` when the connection has ended cleanly. */
  constructor(bytes: string, methods: readonly string[], isClosed: boolean) {
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf('\r\n\r\n', at)
      if (end === -1) {
        if (isClosed) this.violations.push(`ends within a head: ${JSON.stringify(bytes.slice(at, at + 80))}`)
        return
      }
      const head = bytes.slice(at, end)
      const fields = this.#fields(head)
      const status = Number(STATUS_LINE.exec(head.split('\r\n')[0]!)?.[1] ?? 0)
      if (status < 200) {
        this.interim++
        at = end + 4
        if (status === 101 || status === 0) {
          this.violations.push(`status line ${JSON.stringify(head.split('\r\n')[0])}`)
          return
        }
        continue
      }
      const method = methods[this.answers.length]
      if (method === undefined) {
        this.violations.push('an answer that nobody asked for')
        return
      }
      const { body, next, isComplete } = this.#body(bytes, end + 4, fields, status, method, isClosed)
      this.answers.push({ status, fields, body, head, isComplete })
      if (!isComplete) return
      at = next
    }
  }

  #fields(head: string): (readonly [string, string])[] {
    const [, ...lines] = head.split('\r\n')
    return lines.flatMap((line) => {
      const match = FIELD.exec(line)
      if (match !== null) return [[match[1]!.toLowerCase(), match[2]!] as const]
      this.violations.push(`field ${JSON.stringify(line.slice(0, 80))}`)
      return []
    })
  }

  #body(
    bytes: string,
    start: number,
    fields: readonly (readonly [string, string])[],
    status: number,
    method: string,
    isClosed: boolean,
  ): { body: string; next: number; isComplete: boolean } {
    const all = (name: string) => fields.filter((field) => field[0] === name).map((field) => field[1])
    const lengths = all('content-length')
    const codings = all('transfer-encoding')
    if (lengths.length + codings.length > 1) this.violations.push('more than one framing')
    if (method === 'HEAD' || status === 204 || status === 304) return { body: '', next: start, isComplete: true }
    if (codings.length > 0) {
      if (codings[0] !== 'chunked') this.violations.push(`coding ${codings[0]}`)
      return this.#chunks(bytes, start)
    }
    if (lengths.length === 0) return { body: bytes.slice(start), next: bytes.length, isComplete: isClosed }
    if (!/^\d+$/.test(lengths[0]!)) this.violations.push(`length ${lengths[0]}`)
    const next = start + Number(lengths[0])
    return { body: bytes.slice(start, next), next, isComplete: bytes.length >= next }
  }

  #chunks(bytes: string, start: number): { body: string; next: number; isComplete: boolean } {
    let body = ''
    let at = start
    for (;;) {
      const lineEnd = bytes.indexOf('\r\n', at)
      if (lineEnd === -1) return { body, next: at, isComplete: false }
      const line = bytes.slice(at, lineEnd)
      if (!/^[0-9a-f]{1,12}$/i.test(line)) {
        this.violations.push(`chunk size ${JSON.stringify(line.slice(0, 40))}`)
        return { body, next: at, isComplete: false }
      }
      const size = Number.parseInt(line, 16)
      at = lineEnd + 2
      if (size === 0) break
      body += bytes.slice(at, at + size)
      if (bytes.length < at + size + 2) return { body, next: at, isComplete: false }
      if (!bytes.startsWith('\r\n', at + size)) this.violations.push('a chunk is longer than its size')
      at += size + 2
    }
    for (;;) {
      const lineEnd = bytes.indexOf('\r\n', at)
      if (lineEnd === -1) return { body, next: at, isComplete: false }
      const line = bytes.slice(at, lineEnd)
      at = lineEnd + 2
      if (line === '') return { body, next: at, isComplete: true }
      if (!FIELD.test(line)) this.violations.push(`trailer ${JSON.stringify(line.slice(0, 80))}`)
    }
  }
}
