import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LineSplitter, MAX_LINE_CHARS } from './lines.ts'

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((text) => lines.push(text))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

describe('line splitter', () => {
  for (const [rule, chunks, want] of [
    ['one line', ['a\n'], ['a']],
    ['many lines in one chunk', ['a\nb\n\nc\n'], ['a', 'b', '', 'c']],
    ['a line in many chunks', ['re', 'ady', '\nx'], ['ready', 'x']],
    ['CRLF, cut between', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['nothing at all', [], []],
  ] as const)
    it(rule, () => assert.deepEqual(linesOf(...chunks), want))

  it('passes an endless line on in pieces', () => {
    const lines = linesOf('x'.repeat(MAX_LINE_CHARS * 2 + 7))
    assert.deepEqual(
      lines.map((line) => line.length),
      [MAX_LINE_CHARS, MAX_LINE_CHARS, 7],
    )
  })

  it('gives the same lines for any chunking, also inside a character', () => {
    const bytes = Buffer.from('grün\nкот\n猫🐈\nend')
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const sorted = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end))
        assert.deepEqual(linesOf(...chunks), ['grün', 'кот', '猫🐈', 'end'])
      }),
    )
  })
})
