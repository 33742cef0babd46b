/** Every request of the corpus gets its verdict, in one piece and cut up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suite } from '../kit/suite.ts'
import { missing, type RequestVector, readVectors } from '../kit/vectors.ts'
import { complaints, RequestPlayer } from './request-player.ts'

/** Vectors that are played side by side, so that the waits of those that are held open overlap. */
const LANES = 16

const vectors = readVectors<RequestVector>('h1.jsonl')

suite('requests of the corpus', { skip: missing('h1.jsonl') }, () => {
  for (const cut of ['whole', 'cut'] as const) {
    test(`${vectors.length} verdicts, ${cut === 'whole' ? 'in one piece' : 'cut up'}`, async (t) => {
      const queue = [...vectors]
      const wrong: string[] = []
      const lane = async () => {
        const player = await RequestPlayer.start(t)
        for (let vector = queue.shift(); vector !== undefined; vector = queue.shift()) {
          const played = await player.play(vector, cut).catch((error: Error) => error)
          const found = played instanceof Error ? [played.message] : complaints(vector, played)
          if (found.length > 0) wrong.push(`${vector.name}: ${found.join('; ')}`)
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      assert.equal(wrong.join('\n'), '')
    })
  }
})
