import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ChunkedDecoder, chunkHead, LAST_CHUNK, MAX_EXTENSION_BYTES } from './chunked.ts'
import { Http1Error } from './errors.ts'

const MAX_TRAILER_BYTES = 64
const MAX_TRAILER_FIELDS = 3

interface Outcome {
  readonly body: string
  /** Position behind the body, or -1 when it did not end. */
  readonly end: number
  readonly trailers: readonly string[]
  readonly error: string | undefined
}

/** Decodes `pieces` one after the other, as a socket would bring them. */
function decode(pieces: readonly string[]): Outcome {
  const decoder = new ChunkedDecoder(MAX_TRAILER_BYTES, MAX_TRAILER_FIELDS)
  let body = ''
  let read = 0
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1')
      const at = decoder.read(bytes, 0, bytes.length)
      body += bytes.toString('latin1', decoder.dataStart, decoder.dataEnd)
      read += at
      if (decoder.done) break
      assert.equal(at, bytes.length, 'all is read until the body is complete')
    }
  } catch (error) {
    if (!(error instanceof Http1Error)) throw error
    return { body, end: -1, trailers: [], error: error.code }
  }
  const fields = decoder.done ? decoder.trailers() : undefined
  const trailers = fields === undefined ? [] : fields.names.map((name, i) => `${name}=${fields.values[i]}`)
  return { body, end: decoder.done ? read : -1, trailers, error: undefined }
}

function cutAt(text: string, ...cuts: number[]): string[] {
  const ends = [...new Set([...cuts, text.length])].sort((a, b) => a - b)
  return ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end))
}

const longExtension = (bytes: number) => `3;${'x'.repeat(bytes)}\r\nabc\r\n0\r\n\r\n`
const trailerOf = (bytes: number) => `0\r\nT: ${'x'.repeat(bytes - 'T: \r\n\r\n'.length)}\r\n\r\n`

const whole: readonly [rule: string, text: string, body: string, trailers?: readonly string[]][] = [
  ['a last chunk alone is an empty body', '0\r\n\r\n', ''],
  ['one chunk', '3\r\nabc\r\n0\r\n\r\n', 'abc'],
  ['several chunks become one body', '1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n', 'abcdef'],
  [
    'a size is hexadecimal, in either case',
    'a\r\n0123456789\r\nB\r\nabcdefghijk\r\n0\r\n\r\n',
    '0123456789abcdefghijk',
  ],
  ['zeros before a size count nothing', '003\r\nabc\r\n000\r\n\r\n', 'abc'],
  ['a size of twelve digits is read', `000000000003\r\nabc\r\n0\r\n\r\n`, 'abc'],
  ['data may look like framing', '7\r\n0\r\n\r\n3\r\r\n0\r\n\r\n', '0\r\n\r\n3\r'],
  ['data may hold any byte', '4\r\n\x00\xff\r\n\r\n0\r\n\r\n', '\x00\xff\r\n'],
  ['an extension is dropped', '3;a\r\nabc\r\n0;b=c\r\n\r\n', 'abc'],
  ['a quoted extension may hold what would end a bare one', '3;a="; \\" ="\r\nabc\r\n0\r\n\r\n', 'abc'],
  ['many extensions are dropped', '3;a;b=c;d="e";f\r\nabc\r\n0\r\n\r\n', 'abc'],
  ['extensions up to the limit', longExtension(MAX_EXTENSION_BYTES - 1), 'abc'],
  ['trailers are fields', '0\r\nA: 1\r\nb:2 \r\n\r\n', '', ['A=1', 'b=2']],
  ['a trailer that looks like a request is a field', '0\r\nX:POST / HTTP/1.1\r\n\r\n', '', ['X=POST / HTTP/1.1']],
  ['as many trailers as the limit', '0\r\na:1\r\nb:2\r\nc:3\r\n\r\n', '', ['a=1', 'b=2', 'c=3']],
  ['a trailer of as many bytes as the limit', trailerOf(MAX_TRAILER_BYTES), '', [`T=${'x'.repeat(57)}`]],
]

const broken: readonly [rule: string, text: string, error: string][] = [
  ['a size must begin with a digit', '\r\nabc\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['a size has no sign', '+3\r\nabc', 'HTTP1_CHUNK'],
  ['a size is not negative', '-3\r\nabc', 'HTTP1_CHUNK'],
  ['a size has no prefix', '0x3\r\nabc', 'HTTP1_CHUNK'],
  ['a size holds no underscore', '0_3\r\nabc', 'HTTP1_CHUNK'],
  ['no space before a size', ' 3\r\nabc', 'HTTP1_CHUNK'],
  ['no space after a size', '3 \r\nabc', 'HTTP1_CHUNK'],
  ['a size of thirteen digits lies', '0000000000003\r\nabc', 'HTTP1_CHUNK'],
  ['a size that wraps round lies', '10000000000000002\r\nab', 'HTTP1_CHUNK'],
  ['an extension needs its size', ';a\r\n\r\n', 'HTTP1_CHUNK'],
  ['LF alone does not end a size', '3\nabc\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['CR alone does not end a size', '3\rabc\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['LF alone does not end an extension', '3;a\nabc\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['an extension holds no control bytes', '3;a\x01\r\nabc', 'HTTP1_CHUNK'],
  ['an extension holds only tokens', '3;a(b\r\nabc', 'HTTP1_CHUNK'],
  ['a quoted extension ends', '3;a="b\r\nabc', 'HTTP1_CHUNK'],
  ['a quoted pair holds no control bytes', '3;a="\\\r\nabc', 'HTTP1_CHUNK'],
  ['an extension has a name', '3;\r\nabc', 'HTTP1_CHUNK'],
  ['an extension has a name before its value', '3;=b\r\nabc', 'HTTP1_CHUNK'],
  ['an extension has a value behind its =', '3;a=\r\nabc', 'HTTP1_CHUNK'],
  ['an extension has one value', '3;a=b=c\r\nabc', 'HTTP1_CHUNK'],
  ['nothing follows a quoted value', '3;a="b"c\r\nabc', 'HTTP1_CHUNK'],
  ['a name is not quoted', '3;"a"\r\nabc', 'HTTP1_CHUNK'],
  ['no space in an extension', '3; a\r\nabc', 'HTTP1_CHUNK'],
  ['no space behind an extension', '3;a \r\nabc', 'HTTP1_CHUNK'],
  ['extensions one byte over the limit', longExtension(MAX_EXTENSION_BYTES), 'HTTP1_CHUNK'],
  ['data longer than its size', '3\r\nabcd\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['data shorter than its size', '3\r\nab\r\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['LF alone does not end data', '3\r\nabc\n0\r\n\r\n', 'HTTP1_CHUNK'],
  ['CR alone does not end data', '3\r\nabc\r0\r\n\r\n', 'HTTP1_CHUNK'],
  ['LF alone does not end the body', '0\r\n\n', 'HTTP1_CHUNK'],
  ['LF alone does not end a trailer', '0\r\na: 1\n\r\n', 'HTTP1_CHUNK'],
  ['CR alone does not end a trailer', '0\r\na: 1\rb: 2\r\n\r\n', 'HTTP1_CHUNK'],
  ['two CR do not end the body', '0\r\n\r\r\n', 'HTTP1_CHUNK'],
  ['a trailer without a name', '0\r\n: 1\r\n', 'HTTP1_FIELD'],
  ['a trailer that is folded', '0\r\na: 1\r\n b\r\n', 'HTTP1_FIELD'],
  ['a trailer that is no field', '0\r\nGET / HTTP/1.1\r\n', 'HTTP1_FIELD'],
  ['a length in the trailer', '0\r\ncontent-length: 3\r\n', 'HTTP1_FRAMING'],
  ['a coding in the trailer', '0\r\nTransfer-Encoding: chunked\r\n', 'HTTP1_FRAMING'],
  ['one trailer more than the limit', '0\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\n', 'HTTP1_TOO_MANY_FIELDS'],
  ['a trailer one byte over the limit', trailerOf(MAX_TRAILER_BYTES + 1), 'HTTP1_CHUNK'],
]

describe('a chunked body', () => {
  for (const [rule, text, body, trailers = []] of whole) {
    test(`${rule}: whole, byte by byte, cut at each place`, () => {
      const expected: Outcome = { body, end: text.length, trailers, error: undefined }
      assert.deepEqual(decode([text]), expected)
      assert.deepEqual(decode([...text]), expected)
      if (text.length < 1_000) {
        for (let cut = 1; cut < text.length; cut++)
          assert.deepEqual(decode(cutAt(text, cut)), expected, `cut at ${cut}`)
      }
    })
  }

  for (const [rule, text, error] of broken) {
    test(`is refused: ${rule}, however it is cut`, () => {
      assert.equal(decode([text]).error, error)
      assert.equal(decode([...text]).error, error)
    })
  }

  test('any beginning of it is not complete and not wrong', () => {
    for (const [rule, text] of whole) {
      if (text.length > 1_000) continue
      for (let end = 0; end < text.length; end++) {
        const { end: ended, error } = decode([text.slice(0, end)])
        assert.deepEqual([ended, error], [-1, undefined], `${rule}, ${end} bytes`)
      }
    }
  })

  test('bytes behind it are left alone', () => {
    const text = '3\r\nabc\r\n0\r\n\r\n'
    const bytes = Buffer.from(`${text}GET / HTTP/1.1\r\n`)
    const decoder = new ChunkedDecoder(MAX_TRAILER_BYTES, MAX_TRAILER_FIELDS)
    assert.equal(decoder.read(bytes, 0, bytes.length), text.length)
    assert.equal(bytes.toString('latin1', text.length), 'GET / HTTP/1.1\r\n')
    assert.equal(decoder.read(bytes, text.length, bytes.length), text.length, 'and are not read by a further call')
  })

  test('is read between two positions of a buffer and nowhere else', () => {
    const bytes = Buffer.from('zz3\r\nabc\r\n3\r\ndef\r\nzz')
    const decoder = new ChunkedDecoder(MAX_TRAILER_BYTES, MAX_TRAILER_FIELDS)
    assert.equal(decoder.read(bytes, 2, bytes.length - 2), bytes.length - 2)
    assert.equal(bytes.toString('latin1', decoder.dataStart, decoder.dataEnd), 'abcdef')
    assert.equal(bytes.toString('latin1', 0, 5), 'zz3\r\n')
    assert.equal(bytes.toString('latin1', bytes.length - 2), 'zz')
  })

  test('crumbs of one read come out as one piece', () => {
    const bytes = Buffer.from('1\r\nx\r\n'.repeat(10_000))
    const decoder = new ChunkedDecoder(MAX_TRAILER_BYTES, MAX_TRAILER_FIELDS)
    assert.equal(decoder.read(bytes, 0, bytes.length), bytes.length)
    assert.equal(bytes.toString('latin1', decoder.dataStart, decoder.dataEnd), 'x'.repeat(10_000))
  })

  test('nothing is read any more after an error, nor taken for an end', () => {
    for (const [rule, text] of broken) {
      const decoder = new ChunkedDecoder(MAX_TRAILER_BYTES, MAX_TRAILER_FIELDS)
      const bytes = Buffer.from(text, 'latin1')
      assert.throws(() => decoder.read(bytes, 0, bytes.length), Http1Error)
      const more = Buffer.from('\r\n0\r\n\r\n')
      assert.throws(() => decoder.read(more, 0, more.length), Http1Error, rule)
      assert.equal(decoder.done, false)
    }
  })

  test('property: any body in any chunks with any cutting is that body', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 8 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(3_000), { maxLength: 12 }), (list, cuts) => {
        const parts = list.map((chunk) => Buffer.from(chunk).toString('latin1'))
        const text = parts.map((part) => `${chunkHead(part.length)}${part}\r\n`).join('') + LAST_CHUNK
        const inside = cuts.filter((cut) => cut > 0 && cut < text.length)
        const expected: Outcome = { body: parts.join(''), end: text.length, trailers: [], error: undefined }
        assert.deepEqual(decode(cutAt(text, ...inside)), expected)
      }),
    )
  })

  test('property: any bytes at all end, wait or are refused, and cut up they do the same', () => {
    const alphabet = ['0', '1', 'a', 'F', ';', '=', '"', '\\', ' ', '\r\n', '\r', '\n', ':', 'x', '\x00', '\xff']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        const { body: _, ...oneGo } = decode([text])
        const { body: __, ...bytewise } = decode([...text])
        assert.deepEqual(bytewise, oneGo)
      }),
      { numRuns: 2_000 },
    )
  })
})
