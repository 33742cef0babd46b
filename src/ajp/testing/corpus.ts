/** The corpus of hostile packets. It stands beside the project and may be absent. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface CorpusPacket {
  readonly name: string
  readonly side: 'connector' | 'balancer'
  readonly raw_hex: string
  /** `normalise`: refused or made harmless. */
  readonly expected: 'accept' | 'reject' | 'normalise'
  readonly why: string
}

const FILE = join(projectRoot(), '../shared/corpus/http/ajp.jsonl')

/** A reason to skip, or false. */
export const corpusMissing: string | false = existsSync(FILE) ? false : '../shared/corpus/http/ajp.jsonl is not there'

export function corpus(): CorpusPacket[] {
  if (corpusMissing !== false) return []
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CorpusPacket)
}

/** The folder of package.json, above the sources as well as above the compiled files. */
function projectRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder)
  return folder
}
