import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compare, explain } from './compare.ts'
import type { Difference } from './differences.ts'

const facts = (entries: Record<string, string>) => new Map(Object.entries(entries))
const there = { 'client.status': '200', 'client.bytes': '2', app: 'reached', 'app.method': 'GET' }

describe('compare', () => {
  const rows: [rule: string, ours: Record<string, string>, found: string[]][] = [
    ['equal facts', there, []],
    ['another value', { ...there, 'app.method': 'get' }, ['app.method']],
    ['a fact too many', { ...there, 'app.query': 'x' }, ['app.query']],
    ['a fact too few', { 'client.status': '200', app: 'reached', 'app.method': 'GET' }, ['client.bytes']],
    [
      'of another answer its size is no news',
      { ...there, 'client.status': '404', 'client.bytes': '9' },
      ['client.status'],
    ],
    [
      'of an answer where there is none its parts are no news',
      { 'client.status': 'none', app: 'reached', 'app.method': 'GET' },
      ['client.status'],
    ],
    [
      'what was not reached has seen nothing',
      { 'client.status': '200', 'client.bytes': '2', app: 'not reached' },
      ['app'],
    ],
  ]
  for (const [rule, ours, found] of rows) {
    test(rule, () => {
      assert.deepEqual(
        compare(facts(there), facts(ours)).map(({ fact }) => fact),
        found,
      )
    })
  }
})

describe('explain', () => {
  const difference: Difference = {
    id: 'shouting',
    in: ['clowder-tomcat'],
    cases: ['a'],
    facts: [
      ['app.method', 'GET', /^G/],
      ['app.query', undefined, 'x'],
    ],
    there: '',
    here: '',
    why: '',
  }
  const found = { fact: 'app.method', reference: 'GET', ours: 'Get' }
  const of = (...args: Parameters<typeof explain>) => explain(...args)?.[1]

  test('by arrangement, case, fact and both values', () => {
    assert.equal(of(found, 'clowder-tomcat', 'a', [difference]), 0)
    assert.equal(of({ fact: 'app.query', reference: undefined, ours: 'x' }, 'clowder-tomcat', 'a', [difference]), 1)
    assert.equal(of(found, 'mod_jk-clowder', 'a', [difference]), undefined)
    assert.equal(of(found, 'clowder-tomcat', 'b', [difference]), undefined)
    assert.equal(of({ ...found, fact: 'app.uri' }, 'clowder-tomcat', 'a', [difference]), undefined)
    assert.equal(of({ ...found, reference: 'PUT' }, 'clowder-tomcat', 'a', [difference]), undefined)
    assert.equal(of({ ...found, ours: undefined }, 'clowder-tomcat', 'a', [difference]), undefined)
  })
})
