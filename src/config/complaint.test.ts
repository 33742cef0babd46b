import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Complaints, formatComplaint, shown, visible } from './complaint.ts'
import { configErrors } from './errors.ts'
import { maxComplaints } from './limits.ts'

const at = (line: number, column = 1, file = 'a') => ({ file, line, column })

describe('complaints', () => {
  test('a line: file, line, column, severity, code, directive, message, hint', () => {
    const complaints = new Complaints()
    complaints.add('CONFIG_LB_EMPTY', at(3, 7), 'worker.lb', 'has no members', 'name some')
    complaints.add('CONFIG_VALUE_EMPTY', at(4), '', 'empty')
    assert.deepEqual(complaints.list().map(formatComplaint), [
      'a:3:7 error CONFIG_LB_EMPTY worker.lb: has no members (name some)',
      'a:4:1 warning CONFIG_VALUE_EMPTY empty',
    ])
  })

  test('order: files as they were first complained about, each from top to bottom', () => {
    const complaints = new Complaints()
    for (const place of [at(5, 1, 'b'), at(9), at(2, 4, 'b'), at(2, 3, 'b'), at(1)]) {
      complaints.add('CONFIG_VALUE_EMPTY', place, '', 'm')
    }
    assert.deepEqual(
      complaints.list().map(({ file, line, column }) => `${file}${line}:${column}`),
      ['b2:3', 'b2:4', 'b5:1', 'a1:1', 'a9:1'],
    )
  })

  test('the same complaint at the same place is kept once', () => {
    const complaints = new Complaints()
    for (let i = 0; i < 3; i++) complaints.add('CONFIG_VALUE_EMPTY', at(1), 'd', 'm')
    complaints.add('CONFIG_VALUE_EMPTY', at(2), 'd', 'm')
    assert.equal(complaints.list().length, 2)
  })

  test('the limit holds for each severity, so that warnings cannot push out an error', () => {
    const complaints = new Complaints()
    let searches = 0
    for (let line = 1; line <= maxComplaints + 20; line++) {
      complaints.add('CONFIG_VALUE_EMPTY', at(line), '', 'm', () => {
        searches += 1
        return undefined
      })
    }
    complaints.add('CONFIG_LB_EMPTY', at(7), '', 'm')
    const list = complaints.list()
    assert.equal(list.length, maxComplaints + 2)
    assert.equal(list.filter(({ severity }) => severity === 'error').length, 1)
    assert.equal(list.at(-1)?.code, 'CONFIG_COMPLAINTS_CUT')
    assert.match(list.at(-1)!.message, /^20 more complaints/)
    assert.equal(searches, maxComplaints, 'a hint is searched for only when it will be shown')
  })

  test('foreign text cannot play with a terminal, and is short', () => {
    assert.equal(shown('a\u001b[2Jb'), '"a\\u{1B}[2Jb"')
    assert.equal(shown('\u202Ex\u200B\u3000\u00A0 y'), '"\\u{202E}x\\u{200B}\\u{3000}\\u{A0} y"')
    assert.equal(shown('\uD800'), '"\\u{D800}"')
    assert.equal(shown('x'.repeat(100)).length, 63)
    assert.equal(visible('名 é'), '名 é')
    const complaints = new Complaints()
    complaints.add('CONFIG_VALUE_EMPTY', at(1), 'worker.\n.x', 'm')
    assert.equal(complaints.list()[0]?.directive, 'worker.\\u{A}.x')
  })
})

describe('the table of codes', () => {
  for (const [code, row] of Object.entries(configErrors)) {
    test(`${code} says what happened and what to try, in one line`, () => {
      assert.match(code, /^CONFIG_[A-Z_]+$/)
      for (const text of [row.says, row.next]) assert.match(text, /^[^\n]{5,160}[^.\n]$/)
    })
  }
})
