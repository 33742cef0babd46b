import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Http1Error } from './errors.ts'
import { parseFields } from './fields.ts'
import { contentLength, isChunked } from './framing.ts'

function outcome(read: (fields: ReturnType<typeof parseFields>) => unknown, ...lines: string[]): unknown {
  const text = lines.map((line) => `${line}\r\n`).join('')
  try {
    return read(parseFields(text, 0, text.length, 10))
  } catch (error) {
    if (error instanceof Http1Error) return error.code
    throw error
  }
}

describe('Content-Length', () => {
  const rows: readonly [rule: string, lines: readonly string[], result: number | string][] = [
    ['none', ['A: 1'], -1],
    ['zero', ['Content-Length: 0'], 0],
    ['a number', ['content-length: 42'], 42],
    ['zeros in front count nothing', ['Content-Length: 010'], 10],
    ['fifteen digits', ['Content-Length: 999999999999999'], 999_999_999_999_999],
    ['sixteen digits are more than any body', ['Content-Length: 1000000000000000'], 'HTTP1_FRAMING'],
    ['empty', ['Content-Length:'], 'HTTP1_FRAMING'],
    ['a sign', ['Content-Length: +1'], 'HTTP1_FRAMING'],
    ['negative', ['Content-Length: -1'], 'HTTP1_FRAMING'],
    ['hexadecimal', ['Content-Length: 0x1'], 'HTTP1_FRAMING'],
    ['a fraction', ['Content-Length: 1.0'], 'HTTP1_FRAMING'],
    ['an exponent', ['Content-Length: 1e1'], 'HTTP1_FRAMING'],
    ['space inside', ['Content-Length: 1 0'], 'HTTP1_FRAMING'],
    ['other digits', ['Content-Length: \xb2'], 'HTTP1_FRAMING'],
    ['a list, even of the same', ['Content-Length: 1, 1'], 'HTTP1_FRAMING'],
    ['two fields, even the same', ['Content-Length: 1', 'Content-Length: 1'], 'HTTP1_FRAMING'],
    ['a name that only looks like it', ['Content_Length: 1', 'X-Content-Length: 2'], -1],
  ]
  for (const [rule, lines, result] of rows) test(rule, () => assert.equal(outcome(contentLength, ...lines), result))
})

describe('Transfer-Encoding', () => {
  const rows: readonly [rule: string, lines: readonly string[], result: boolean | string][] = [
    ['none', ['A: 1'], false],
    ['chunked', ['Transfer-Encoding: chunked'], true],
    ['chunked in any case', ['transfer-encoding: cHuNkEd'], true],
    ['twice in a list', ['Transfer-Encoding: chunked, chunked'], 'HTTP1_FRAMING'],
    ['twice as a field', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 'HTTP1_FRAMING'],
    ['behind another', ['Transfer-Encoding: gzip, chunked'], 'HTTP1_FRAMING'],
    ['before another', ['Transfer-Encoding: chunked, identity'], 'HTTP1_FRAMING'],
    ['with a parameter', ['Transfer-Encoding: chunked;a=b'], 'HTTP1_FRAMING'],
    ['in quotes', ['Transfer-Encoding: "chunked"'], 'HTTP1_FRAMING'],
    ['with a comma', ['Transfer-Encoding: ,chunked'], 'HTTP1_FRAMING'],
    ['with a vertical tab for a space is no field at all', ['Transfer-Encoding: \x0bchunked'], 'HTTP1_FIELD'],
    ['empty', ['Transfer-Encoding:'], 'HTTP1_FRAMING'],
    ['a coding we do not have', ['Transfer-Encoding: gzip'], 'HTTP1_CODING'],
    ['identity was taken out of the standard', ['Transfer-Encoding: identity'], 'HTTP1_CODING'],
    ['a misspelling', ['Transfer-Encoding: chunke'], 'HTTP1_CODING'],
    ['a name that only looks like it', ['Transfer_Encoding: chunked'], false],
  ]
  for (const [rule, lines, result] of rows) test(rule, () => assert.equal(outcome(isChunked, ...lines), result))
})
