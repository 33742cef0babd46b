/** The answers of a real mod_jk in `fixtures/`, in the order in which they were asked for. */
import { readFileSync } from 'node:fs'

export interface SavedRequest {
  readonly file: string
  readonly method: string
  readonly target: string
}

export interface SavedAnswer {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** All 322 requests. */
export function savedRequests(): readonly SavedRequest[] {
  const lines = read('index.jsonl').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as SavedRequest)
}

/** What GET was answered: what HEAD and POST were answered differs in nothing but the body of HEAD (`fixtures/README.md`). */
export function savedAnswer({ file }: Pick<SavedRequest, 'file'>): SavedAnswer {
  const text = read(file.replace(/\.(?:head|post)\.http$/, '.get.http'))
  const end = text.indexOf('\r\n\r\n')
  const fields = text.slice(0, end).split('\r\n').slice(1)
  const headers = new Map(
    fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)]),
  )
  return { headers, body: text.slice(end + 4) }
}

/** What `cmd=dump` showed, which is how the configuration was written. */
export function savedProperties(): readonly (readonly [name: string, value: string])[] {
  const lines = savedAnswer({ file: 'dump.txt.get.http' }).body.split('\n')
  const from = lines.indexOf('Configuration:') + 1
  const to = lines.findIndex((line) => line.startsWith('Result:'))
  return lines.slice(from, to).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
}

function read(file: string): string {
  return readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8')
}
