import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import failures from './failures-reporter.mjs'
import { HERE } from './here.mjs'

const failed = (name, error, more = {}) => ({
  type: 'test:fail',
  data: { name, file: join(HERE, 'test/a.test.ts'), line: 7, details: { error }, ...more },
})

async function reportOf(...events) {
  let text = ''
  for await (const part of failures(events)) text += part
  return text
}

describe('the report of failures', () => {
  test('is empty when nothing failed', async () => {
    assert.equal(await reportOf({ type: 'test:pass', data: { name: 'well' } }), '')
  })

  test('says where, what and why, with the cause and not what wraps it', async () => {
    const error = new Error('test failed', { cause: 'two is not three' })
    assert.equal(
      await reportOf(failed('adds', error)),
      '\n# failed: 1\n\ntest/a.test.ts:7: adds\n    two is not three\n',
    )
  })

  test('leaves out a suite that failed by its tests, and what is only to be done', async () => {
    const suite = Object.assign(new Error('1 subtest failed'), { failureType: 'subtestsFailed' })
    assert.equal(await reportOf(failed('suite', suite), failed('later', new Error('no'), { todo: 'later' })), '')
  })

  test('cuts a long error', async () => {
    const lines = (await reportOf(failed('long', new Error('x', { cause: 'line\n'.repeat(500) })))).split('\n')
    assert.ok(lines.length < 50, `${lines.length} lines`)
    assert.ok(lines.includes('    …'))
  })
})
