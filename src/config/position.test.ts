import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LineMap } from './position.ts'

describe('LineMap', () => {
  test('law: the line and the column lead back to the offset', () => {
    const lines = fc.array(fc.constantFrom('a', 'é', '名', '𝄞', '\n', '\r\n', ' '), { maxLength: 60 })
    fc.assert(
      fc.property(lines, fc.nat(), (parts, seed) => {
        const text = parts.join('')
        const offset = seed % (text.length + 1)
        const { line, column } = new LineMap('f', text).at(offset)
        const start = text
          .split('\n')
          .slice(0, line - 1)
          .reduce((sum, { length }) => sum + length + 1, 0)
        assert.equal(start + column - 1, offset)
        assert.ok(!text.slice(start, offset).includes('\n'))
      }),
    )
  })
})
