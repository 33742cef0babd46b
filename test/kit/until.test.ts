import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until, within } from './until.ts'

describe('until', () => {
  test('gives the first truthy answer', async () => {
    let asked = 0
    assert.equal(await until('third time', () => (++asked === 3 ? 'here' : ''), { everyMs: 1 }), 'here')
    assert.equal(asked, 3)
  })

  test('an error counts as not yet', async () => {
    let asked = 0
    const condition = async () => {
      if (++asked < 3) throw new Error('not listening')
      return true
    }
    assert.equal(await until('listens', condition, { everyMs: 1 }), true)
  })

  test('says what did not happen, and why when it knows', async () => {
    const never = () => Promise.reject(new Error('refused'))
    await assert.rejects(until('the port opens', never, { deadlineMs: 5, everyMs: 1 }), {
      message: 'not within 5 ms: the port opens: refused',
    })
    await assert.rejects(
      until('it is true', () => false, { deadlineMs: 5, everyMs: 1 }),
      {
        message: 'not within 5 ms: it is true',
      },
    )
  })
})

describe('within', () => {
  test('passes on what the promise gives', async () => {
    assert.equal(await within('answers', Promise.resolve(1)), 1)
    await assert.rejects(within('answers', Promise.reject(new Error('no'))), /^Error: no$/)
  })

  test('names what is late', async () => {
    await assert.rejects(within('the child exits', new Promise(() => {}), 5), {
      message: 'not within 5 ms: the child exits',
    })
  })
})
