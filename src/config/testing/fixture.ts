/**
 * Fixtures of the config room: one text file each, with input and expected result.
 *
 *   What the case shows, in a line or more.
 *   === jk.conf
 *   the first file is the one that is loaded; others are there to be named by it
 *   === conf/workers.properties
 *   …
 *   ----------
 *   the expected JSON: complaints as `FILE:LINE:COLUMN severity CODE …`, and the options
 *
 * In the input `␠` stands for a space at the end of a line, `␀` for NUL and `␍` for a carriage return.
 */

import { formatComplaint } from '../complaint.ts'
import { checkConfiguration } from '../load.ts'
import { memoryFiles } from './memory-files.ts'

export interface Fixture {
  readonly title: string
  readonly first: string
  readonly files: Readonly<Record<string, string>>
  readonly expected: unknown
  /** Everything above the expected JSON, with the line of dashes. */
  readonly input: string
}

const dashes = '\n----------\n'

export function parseFixture(text: string): Fixture {
  const end = text.indexOf(dashes)
  if (end === -1) throw new Error('a fixture needs a line of ten dashes')
  const [title = '', ...parts] = text.slice(0, end + 1).split(/^=== /m)
  const files: Record<string, string> = {}
  let first: string | undefined
  for (const part of parts) {
    const newline = part.indexOf('\n')
    const name = part.slice(0, newline)
    first ??= name
    files[name] = part
      .slice(newline + 1)
      .replace(/␠/g, ' ')
      .replace(/␀/g, '\0')
      .replace(/␍/g, '\r')
  }
  if (first === undefined) throw new Error('a fixture needs a file')
  const json = text.slice(end + dashes.length)
  const expected = json.trim() === '' ? undefined : JSON.parse(json)
  return { title: title.trim(), first, files, expected, input: text.slice(0, end + dashes.length) }
}

/** Variables that the fixtures may use. */
const env = { HOME_OF_WORKERS: '/srv', EMPTY: '', jvmRoute: 'tomcat9' }

/** What loading the first file gives, in the shape of the expected JSON. Bytes are hex. */
export async function loadFixture({ first, files }: Fixture): Promise<unknown> {
  const { options, complaints } = await checkConfiguration(first, { ...memoryFiles(files), env })
  const result = { complaints: complaints.map(formatComplaint), options: options?.options ?? null }
  return JSON.parse(
    JSON.stringify(result, (key, value: unknown) => {
      // The input once more (`dump.test.ts`).
      if (key === 'properties') return undefined
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value
    }),
  )
}
