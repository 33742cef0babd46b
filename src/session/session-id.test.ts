import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bindRoute } from './binder.ts'
import { formatSessionId, isRoute, parseSessionId, SessionKeys } from './session-id.ts'

const KEY = '8155439329E93C36D514D8905437BF56'

describe('ids that are presented', () => {
  const rows: [text: string, key: string | undefined, route: string][] = [
    [KEY, KEY, ''],
    [`${KEY}.A`, KEY, 'A'],
    [`${KEY}.worker-1_x`, KEY, 'worker-1_x'],
    [`${KEY}.group.worker`, KEY, 'group.worker'],
    [`${KEY}.${'r'.repeat(64)}`, KEY, 'r'.repeat(64)],
    [`${KEY}.${'r'.repeat(65)}`, undefined, ''],
    [`${KEY}.`, undefined, ''],
    [`${KEY}A`, undefined, ''],
    [`${KEY}!A`, undefined, ''],
    [KEY.slice(1), undefined, ''],
    [KEY.toLowerCase(), undefined, ''],
    [`${KEY.slice(1)}G`, undefined, ''],
    [`${KEY}.a/b`, undefined, ''],
    [`${KEY}.a b`, undefined, ''],
    [`${KEY}.ä`, undefined, ''],
    [` ${KEY}`, undefined, ''],
    [`"${KEY}"`, undefined, ''],
    ['', undefined, ''],
    ['__proto__', undefined, ''],
  ]
  for (const [text, key, route] of rows) {
    test(`${JSON.stringify(text)} ${key === undefined ? 'is refused' : `has the route "${route}"`}`, () => {
      assert.deepEqual(parseSessionId(text), key === undefined ? undefined : { key, route })
      if (key !== undefined) assert.equal(formatSessionId(key, route), text)
    })
  }
})

describe('new keys', () => {
  test('are the random bytes, in the form of Tomcat', () => {
    let drawn = 0
    const keys = new SessionKeys((size) => {
      drawn++
      return new Uint8Array(size).map((_, i) => i)
    })
    assert.equal(keys.next(), '000102030405060708090A0B0C0D0E0F')
    assert.equal(keys.next(), '101112131415161718191A1B1C1D1E1F')
    for (let i = 0; i < 62; i++) keys.next()
    assert.equal(drawn, 1, 'bytes for 64 keys are drawn at once')
    keys.next()
    assert.equal(drawn, 2)
  })
})

describe('routes', () => {
  for (const route of ['w1', 'a.b', 'A_b-9']) test(`${route} may be one`, () => assert.equal(isRoute(route), true))
  for (const route of ['', 'a b', 'a;b', 'a/b', 'ü', 'r'.repeat(65)]) {
    test(`${JSON.stringify(route).slice(0, 20)} may not`, () => assert.equal(isRoute(route), false))
  }
})

describe('after a failover', () => {
  const rows: [rule: string, presented: string, local: string, route: string, moved: boolean][] = [
    ['our own route stays', 'A', 'A', 'A', false],
    ['a foreign route becomes ours', 'B', 'A', 'A', true],
    ['no route becomes ours', '', 'A', 'A', true],
    ['without a route of our own, the presented one stays', 'B', '', 'B', false],
    ['case counts', 'a', 'A', 'A', true],
  ]
  for (const [rule, presented, local, route, moved] of rows) {
    test(rule, () => assert.deepEqual(bindRoute(presented, local), { route, moved }))
  }
})
