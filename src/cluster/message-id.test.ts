import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { hexOf } from './identity.ts'
import { MessageIds } from './message-id.ts'

test('ids are version 4 UUIDs and do not repeat or change', () => {
  let fetched = 0
  const ids = new MessageIds((count) => {
    fetched++
    return randomBytes(count)
  })
  const made = Array.from({ length: 1000 }, () => ids.next())
  const texts = made.map(hexOf)
  assert.equal(new Set(texts).size, 1000)
  for (const text of texts) assert.match(text, /^.{12}4.{3}[89ab].{15}$/)
  assert.ok(fetched < 10, 'randomness comes in blocks')
})
