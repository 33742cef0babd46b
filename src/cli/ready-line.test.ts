import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatReadyLine, parseReadyLine, type ReadyLine } from './ready-line.ts'

describe('ready line', () => {
  const line: ReadyLine = {
    role: 'worker',
    name: 'worker1',
    facts: { http: '127.0.0.1:8091,[::1]:8091', channel: '127.0.0.1:4000', pid: '1234' },
  }

  it('has the shape that scripts wait for', () =>
    assert.equal(
      formatReadyLine(line),
      'ready worker worker1 http=127.0.0.1:8091,[::1]:8091 channel=127.0.0.1:4000 pid=1234',
    ))

  it('reads back what it wrote', () => assert.deepEqual(parseReadyLine(`${formatReadyLine(line)}\r\n`), line))

  for (const [rule, text] of [
    ['another word', 'already worker worker1 pid=1'],
    ['an unknown role', 'ready steady go'],
    ['no name', 'ready worker'],
    ['a fact without a key', 'ready worker worker1 =5'],
    ['prose of an app', 'ready worker one is up'],
    ['an empty line', ''],
  ] as const)
    it(`is not: ${rule}`, () => assert.equal(parseReadyLine(text), undefined))
})
