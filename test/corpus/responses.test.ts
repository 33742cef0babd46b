/** Every answer of the corpus gets its verdict at the client, however the backend sends it and ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suite } from '../kit/suite.ts'
import { missing, type ResponseVector, readVectors } from '../kit/vectors.ts'
import { type Manner, ResponsePlayer, responseComplaints } from './response-player.ts'

const LANES = 8

const vectors = readVectors<ResponseVector>('responses.jsonl')
const manners: readonly Manner[] = [
  { cut: 'whole', end: 'at once' },
  { cut: 'whole', end: 'later' },
  { cut: 'byte by byte', end: 'at once' },
  { cut: 'byte by byte', end: 'later' },
]

suite('answers of the corpus', { skip: missing('responses.jsonl') }, () => {
  for (const manner of manners) {
    test(`${vectors.length} verdicts, sent ${manner.cut}, ended ${manner.end}`, async (t) => {
      const queue = [...vectors]
      const wrong: string[] = []
      const lane = async () => {
        const player = await ResponsePlayer.start(t)
        for (let vector = queue.shift(); vector !== undefined; vector = queue.shift()) {
          const played = await player.play(vector, manner).catch((error: Error) => error)
          const found = played instanceof Error ? [played.message] : responseComplaints(vector, played)
          if (found.length > 0) wrong.push(`${vector.name}: ${found.join('; ')}`)
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      assert.equal(wrong.join('\n'), '')
    })
  }
})
