/**
 * Our codec beside llhttp in its strict mode. Ours may refuse what llhttp takes; what ours takes llhttp must take, too,
 * and must find in it the same requests with the same bodies. The few intended exceptions have names.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mutate } from '../fuzz/mutate.ts'
import { Random } from '../fuzz/random.ts'
import { requestSeeds } from '../fuzz/seeds.ts'
import { intendedDifference, laxer } from './intended.ts'
import { NodeHttp } from './oracle.ts'
import { readOurs } from './ours.ts'

const MUTATIONS = 20_000
const SEED = 20_240_607

/** Absolute form is taken apart on our side. */
const isSameTarget = (ours: string, theirs: string) => ours === theirs || !/^[/*]/.test(theirs)

describe('beside llhttp', () => {
  const seeds = requestSeeds()

  async function compare(t: { after(f: () => void): void }, texts: Iterable<string>): Promise<Map<string, number>> {
    const oracle = new NodeHttp()
    t.after(() => oracle.close())
    const tally = new Map<string, number>()
    for (const text of texts) {
      const ours = readOurs(text)
      const theirs = await oracle.read(text)
      const difference = laxer(ours.requests, theirs, isSameTarget)
      const reason = difference && intendedDifference(text, ours.requests, theirs)
      if (difference !== undefined && reason === undefined)
        assert.fail(`${difference}\n${JSON.stringify(text.slice(0, 2_000))} (${text.length} bytes)`)
      const kind = reason ?? (theirs.requests.length > ours.requests.length ? 'ours is stricter' : 'both alike')
      tally.set(kind, (tally.get(kind) ?? 0) + 1)
    }
    return tally
  }

  test('every seed means the same, or is refused', async (t) => {
    const tally = await compare(t, seeds)
    t.diagnostic(JSON.stringify(Object.fromEntries(tally)))
  })

  test(`so do ${MUTATIONS} mutations of them`, async (t) => {
    const random = new Random(SEED)
    const tally = await compare(
      t,
      Array.from({ length: MUTATIONS }, () => mutate(seeds, random)),
    )
    t.diagnostic(JSON.stringify(Object.fromEntries(tally)))
    assert.ok(tally.get('both alike')! > MUTATIONS / 2)
  })

  test('the oracle has an opinion', async (t) => {
    const oracle = new NodeHttp()
    t.after(() => oracle.close())
    const good = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\nHost: a\r\n\r\n'
    assert.deepEqual((await oracle.read(good)).requests, [
      { method: 'POST', target: '/a', body: 'hi' },
      { method: 'GET', target: '/b', body: '' },
    ])
    assert.equal((await oracle.read('GET / HTTP/1.1\r\nHost : a\r\n\r\n')).error, 'HPE_INVALID_HEADER_TOKEN')
  })
})
