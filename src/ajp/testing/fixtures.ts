/** Reads the recorded packets in `fixtures/` and what an independent decoder made of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { HEAD_BYTES } from '../constants.ts'

export interface FixturePacket {
  readonly dir: 'C>S' | 'S>C'
  readonly title: string
  readonly bytes: Buffer
  /** Behind the four bytes of the head. */
  readonly payload: Buffer
  readonly expected: ExpectedPacket
}

/** The parts of expected.json that depend on the type are absent elsewhere. */
export interface ExpectedPacket {
  readonly type?: string
  readonly error?: string
  readonly method: string
  readonly protocol: string | null
  readonly uri: string
  readonly remoteAddr: string | null
  readonly remoteHost: string | null
  readonly serverName: string | null
  readonly serverPort: number
  readonly isSsl: boolean
  readonly headers: readonly (readonly [string, string])[]
  readonly attributes: readonly (readonly (string | number)[])[]
  readonly status: number
  readonly message: string
  readonly data: string | { readonly length: number; readonly uniformByte?: number }
  readonly requested: number
  readonly reuse: number
}

export interface Fixture {
  readonly name: string
  readonly packets: readonly FixturePacket[]
}

const FOLDER = new URL('../fixtures/', import.meta.url)

/** @param part `''` for the constructed files, `live/` for the captured ones */
export function fixtures(part: '' | 'live/'): Fixture[] {
  const folder = new URL(part, FOLDER)
  const expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8')) as Record<
    string,
    readonly ExpectedPacket[]
  >
  return readdirSync(folder)
    .filter((file) => file.endsWith('.hex'))
    .sort()
    .map((file) => ({
      name: file.slice(0, -'.hex'.length),
      packets: packetsOf(readFileSync(new URL(file, folder), 'utf8'), expected[file]!),
    }))
}

export function fixture(name: string, part: '' | 'live/' = ''): Fixture {
  const found = fixtures(part).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no fixture ${name}`)
  return found
}

function packetsOf(text: string, expected: readonly ExpectedPacket[]): FixturePacket[] {
  const [, ...blocks] = text.split(/^@ /m)
  return blocks.map((block, i) => {
    const [title, ...lines] = block.split('\n')
    const hex = lines.map((line) => line.replace(/#.*/, '').replace(/\s/g, '')).join('')
    const bytes = Buffer.from(hex, 'hex')
    return {
      dir: title!.startsWith('C>S') ? 'C>S' : 'S>C',
      title: title!,
      bytes,
      payload: bytes.subarray(HEAD_BYTES),
      expected: expected[i]!,
    }
  })
}
