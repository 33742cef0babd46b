/** Code that the documents show, run as it stands there: only ports are others, and what it imports is this package. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { atEnd, type Owner } from './kit/owner.ts'
import { freePort } from './kit/ports.ts'
import { type Running, startNode } from './kit/process.ts'

const PROJECT = process.cwd()

/** The blocks of a page in one language, in order. */
export function shownCode(page: string, language: string): string[] {
  const blocks = readFileSync(join(PROJECT, page), 'utf8').matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...blocks].filter(([, marked]) => marked === language).map(([, , code]) => code!)
}

/** A folder inside the project, so that what runs there finds this package and its peers. */
export function folderFor(owner: Owner): string {
  const folder = mkdtempSync(join(PROJECT, 'dist/shown-'))
  atEnd(owner, () => rmSync(folder, { recursive: true }))
  return folder
}

/** Replaces ports by free ones: the same port by the same one, however often it is asked for. */
export class Ports {
  readonly #free: Map<number, number>

  /** `taken`: ports on which somebody listens already, by what the documents call them. */
  constructor(taken: Iterable<readonly [shown: number, port: number]> = []) {
    this.#free = new Map(taken)
  }

  async of(shown: number): Promise<number> {
    const port = this.#free.get(shown) ?? (await freePort())
    this.#free.set(shown, port)
    return port
  }

  async replace(text: string): Promise<string> {
    for (const [shown] of text.matchAll(PORT)) await this.of(Number(shown))
    return text.replaceAll(PORT, (shown) => `${this.#free.get(Number(shown))}`)
  }
}
const PORT = /\b(?:8091|8092|8009|8080|4000|4001|6379)\b/g

/** What the line says that {@link startShown} adds. */
export const REACHED_ITS_END = /^this code has reached its end$/

export async function startShown(
  code: string,
  options: { owner: Owner; ports: Ports; env?: Record<string, string>; args?: readonly string[] },
): Promise<Running> {
  const file = join(folderFor(options.owner), 'app.mjs')
  writeFileSync(file, `${await options.ports.replace(code)}\nconsole.log('this code has reached its end')\n`)
  return startNode([file, ...(options.args ?? [])], { owner: options.owner, env: options.env ?? {} })
}

export interface Visit {
  readonly status: number
  readonly text: string
  /** Name and value, as a browser sends them back. */
  readonly cookie: string | undefined
}

export async function visit(port: number, cookie = '', path = '/', method = 'GET'): Promise<Visit> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie }, method, redirect: 'manual' })
  const text = (await answer.text()).trim()
  return { status: answer.status, text, cookie: answer.headers.get('set-cookie')?.split(';')[0] }
}
