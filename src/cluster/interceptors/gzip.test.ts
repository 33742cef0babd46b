import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { LoneLayer, TEXT } from '../testing/lone-layer.ts'
import { gzip } from './gzip.ts'

const FLAG = 256

describe('what is sent', () => {
  test('is a gzip stream in place of the body, marked in the options', async () => {
    const lone = new LoneLayer(gzip())
    await lone.send('x'.repeat(1000))
    const [message] = lone.below
    assert.equal(message?.options, 2 | FLAG)
    assert.equal(gunzipSync(message!.body).toString(), 'x'.repeat(1000))
  })

  const rows: [rule: string, text: string | Buffer, minBytes: number][] = [
    ['as it is when it is small', 'x'.repeat(1000), 1000],
    ['as it is where compressing does not help', randomBytes(1000), 0],
    ['as it is where compressing a large one does not help', randomBytes(40_000), 0],
  ]
  for (const [rule, text, minBytes] of rows) {
    test(`stays ${rule}`, async () => {
      const lone = new LoneLayer(gzip({ minBytes }))
      await lone.send(text)
      assert.equal(lone.below[0]?.options, 2)
      assert.deepEqual(lone.below[0]?.body, Buffer.from(text as string))
    })
  }

  test('keeps its order, although large bodies take longer', async () => {
    const lone = new LoneLayer(gzip({ minBytes: 100 }))
    const texts = ['a'.repeat(400_000), 'b', 'c'.repeat(100_000), 'd'.repeat(200), 'e']
    await Promise.all(texts.map((text) => lone.send(text)))
    for (const { body, options } of lone.below) await lone.receive(body, { options })
    assert.deepEqual(lone.above.map((text) => text[0]).join(''), 'abcde')
    await lone.send('small ones are done at once again')
    assert.equal(lone.layer.snapshot?.().waitingBytes, 0)
  })

  test('is copied before send returns', async () => {
    const lone = new LoneLayer(gzip())
    const body = Buffer.alloc(50_000, 'x')
    const sent = lone.send('', { body })
    body.fill('y')
    await sent
    assert.equal(gunzipSync(lone.below[0]!.body).toString(), 'x'.repeat(50_000))
  })

  test('fails when too much waits, and is sent again when there is room', async () => {
    const lone = new LoneLayer(gzip({ maxWaitingBytes: 50_000 }))
    const first = lone.send('x'.repeat(50_000))
    await assert.rejects(lone.send('y'), { code: 'CLUSTER_DISPATCH_FULL' })
    await first
    await lone.send('z')
    assert.equal(lone.below.length, 2)
  })
})

describe('what is received', () => {
  test('is what Tomcat compressed', async () => {
    const lone = new LoneLayer(gzip())
    await lone.receiveFixture('gzip')
    assert.deepEqual(lone.above, [TEXT])
  })

  test('passes when it is not marked', () => {
    const lone = new LoneLayer(gzip())
    lone.receive(Buffer.from('plain'))
    assert.deepEqual(lone.above, ['plain'])
  })

  const bombs: [what: string, packed: Buffer][] = [
    ['small', gzipSync(Buffer.alloc(1_000_001))],
    ['large', gzipSync(Buffer.alloc(100_000_000))],
    ['of many streams', Buffer.concat(Array.from({ length: 12 }, () => gzipSync(Buffer.alloc(100_000))))],
  ]
  for (const [what, packed] of bombs) {
    test(`is refused when it is a ${what} bomb`, async () => {
      const lone = new LoneLayer(gzip({ maxInflatedBytes: 1_000_000 }))
      const bomb = async () => lone.receive(packed, { options: FLAG })
      await assert.rejects(bomb, { code: 'CLUSTER_INFLATED_TOO_LARGE' })
      assert.deepEqual([lone.above, lone.context.refusals], [[], ['CLUSTER_INFLATED_TOO_LARGE']])
    })
  }

  test('may be as large as the limit, and is inflated beside the event loop when it grows much', async () => {
    const lone = new LoneLayer(gzip({ maxInflatedBytes: 1_000_000 }))
    const taken = lone.receive(gzipSync(Buffer.alloc(1_000_000)), { options: FLAG })
    assert.equal(lone.above.length, 0)
    await taken
    assert.equal(lone.above[0]?.length, 1_000_000)
  })

  for (const bytes of [100, 40_000]) {
    test(`is refused when ${bytes} bytes are no gzip stream`, async () => {
      const lone = new LoneLayer(gzip())
      await assert.rejects(async () => lone.receive(Buffer.alloc(bytes, 7), { options: FLAG }), {
        code: 'CLUSTER_GZIP',
      })
    })
  }
})

test('any body comes out as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 300 }), async (part, times) => {
      const lone = new LoneLayer(gzip())
      const body = Buffer.concat(Array.from({ length: times }, () => part))
      await lone.send('', { body })
      await lone.receive(lone.below[0]!.body, { options: lone.below[0]!.options })
      assert.equal(lone.above[0], body.toString())
    }),
    { numRuns: 50 },
  )
})
