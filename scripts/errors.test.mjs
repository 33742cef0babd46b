import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { PAGE, readTables, render } from './errors.mjs'
import { HERE } from './here.mjs'

describe('errors', () => {
  test('the page says what the tables say; after a change: npm run errors', async () => {
    assert.equal(readFileSync(join(HERE, PAGE), 'utf8'), render(await readTables()))
  })

  test('a row has its code, its text and the facts that its table carries', () => {
    const page = render(
      new Map([
        ['a', { A_ONE: { says: 'one | two', next: 'look', status: 502 }, A_TWO: { says: 'three', next: 'wait' } }],
        ['b', { B_ONE: { says: 'four', next: 'ask' } }],
      ]),
    )
    assert.match(page, /^\| code \| what happened \| what to try \| HTTP status \|$/m)
    assert.match(page, /^\| `A_ONE` \| one \\\| two \| look \| 502 \|$/m)
    assert.match(page, /^\| `A_TWO` \| three \| wait \| {2}\|$/m)
    assert.match(page, /^\| `B_ONE` \| four \| ask \|$/m)
  })

  test('two rooms may not share a code', () => {
    const table = { SAME: { says: 'x', next: 'y' } }
    assert.throws(
      () =>
        render(
          new Map([
            ['a', table],
            ['b', table],
          ]),
        ),
      /SAME is in the tables of a and b/,
    )
  })

  test('a code must say what to try', () => {
    assert.throws(() => render(new Map([['a', { A_ONE: 'something happened' }]])), /A_ONE does not say what to try/)
  })
})
