import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { HERE } from './here.mjs'
import { PAGE, page, readInterfaces } from './options.mjs'

const SOURCE = `/** First line. */
export interface ShopOptions extends Base<'a' | 'b'> {
  /** Ms, default 5; see {@link Other}. */
  readonly waitMs?: number | undefined
  readonly name: string
  /**
   * Two lines
   * of it.
   */
  readonly kinds?: readonly (
    | 'one'
    | 'two'
  )[]
  readonly limits?: Partial<ShopLimits>
}

export interface ShopLimits {
  /** Bytes. */
  readonly maxBytes: number
}

export interface ResolvedShopOptions {
  readonly waitMs: number
}
`

describe('options', () => {
  test('the page says what the comments say; after a change: npm run options', () => {
    assert.equal(readFileSync(join(HERE, PAGE), 'utf8'), page())
  })

  test('reads names, types, whether they may be left out, and comments', () => {
    const [shop, limits, ...rest] = readInterfaces(SOURCE)
    assert.deepEqual(rest, [])
    assert.deepEqual([shop.name, shop.says], ['ShopOptions', 'First line.'])
    assert.deepEqual(shop.properties, [
      { name: 'waitMs', optional: true, type: 'number', says: 'Ms, default 5; see `Other`.' },
      { name: 'name', optional: false, type: 'string', says: '' },
      { name: 'kinds', optional: true, type: "readonly ( | 'one' | 'two' )[]", says: 'Two lines of it.' },
      { name: 'limits', optional: true, type: 'Partial<ShopLimits>', says: '' },
    ])
    assert.deepEqual(limits.properties, [{ name: 'maxBytes', optional: true, type: 'number', says: 'Bytes.' }])
  })

  test('no option is lost on the way', () => {
    for (const file of ['balancer', 'connector', 'cluster', 'session', 'adapters']) {
      const source = readFileSync(join(HERE, 'src', file, 'options.ts'), 'utf8')
      const written = source.match(/^ {2}readonly \w+\??:/gm).length
      const internal = [...source.matchAll(/^export interface Resolved[\s\S]*?^\}/gm)]
        .join('\n')
        .match(/^ {2}readonly \w+\??:/gm)
      const read = readInterfaces(source).reduce((sum, { properties }) => sum + properties.length, 0)
      assert.equal(read, written - (internal?.length ?? 0), file)
    }
  })
})
