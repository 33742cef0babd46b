/** The corpus of hostile packets. It stands beside the project and may be absent. */
import { missing, readVectors } from '../../../test/kit/vectors.ts'

export interface CorpusPacket {
  readonly name: string
  readonly side: 'connector' | 'balancer'
  readonly raw_hex: string
  /** `normalise`: refused or made harmless. */
  readonly expected: 'accept' | 'reject' | 'normalise'
  readonly why: string
}

const FILE = 'ajp.jsonl'

/** A reason to skip, or false. */
export const corpusMissing: string | false = missing(FILE)

export function corpus(): CorpusPacket[] {
  return readVectors(FILE)
}
