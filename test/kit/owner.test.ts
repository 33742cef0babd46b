import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atEnd } from './owner.ts'

function fakeOwner() {
  const hooks: (() => void | Promise<void>)[] = []
  return { after: (close: () => void | Promise<void>) => void hooks.push(close), hooks }
}

test('what was started last is ended first, in one hook', async () => {
  const owner = fakeOwner()
  const ended: string[] = []
  atEnd(owner, () => void ended.push('first'))
  atEnd(owner, async () => void ended.push('second'))
  assert.equal(owner.hooks.length, 1)
  await owner.hooks[0]!()
  assert.deepEqual(ended, ['second', 'first'])
})

test('an end that fails does not keep the others from happening', async () => {
  const owner = fakeOwner()
  const ended: string[] = []
  atEnd(owner, () => void ended.push('first'))
  atEnd(owner, () => {
    throw new Error('no')
  })
  await assert.rejects(async () => owner.hooks[0]!(), /^Error: no$/)
  assert.deepEqual(ended, ['first'])
})

test('several failures are all told', async () => {
  const owner = fakeOwner()
  for (const word of ['one', 'two']) atEnd(owner, () => Promise.reject(new Error(word)))
  await assert.rejects(async () => owner.hooks[0]!(), /Error: two\nError: one/)
})
