import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Cursor, Writer } from '../bytes/index.ts'
import type { Attribute } from './attribute.ts'
import { type Decoded, decodeMessage } from './decode-message.ts'
import {
  type PlainMessage,
  writeBatchHead,
  writeDelta,
  writeEnding,
  writeEntriesHead,
  writeMessage,
  writeService,
  writeTouch,
  writeWhole,
} from './encode-message.ts'
import { MAX_NEEDED_KEYS, MAX_USER_MESSAGES, type Positions } from './message.ts'
import { resolveOptions } from './options.ts'
import { BUCKETS } from './parts.ts'
import type { SessionEntry } from './replica.ts'
import { Session } from './session.ts'
import { MAX_USER_CHARS } from './user-directory.ts'

const { limits } = resolveOptions({ name: 'test' })
const NAME = 'localhost#/app'
const NODE = 'node-one'
const KEY = '8155439329E93C36D514D8905437BF56'
const OTHER = '0'.repeat(32)

function bytes(write: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  write(writer)
  return writer.take()
}

function decode(message: Uint8Array, name = NAME): Decoded {
  return decodeMessage(new Cursor(message), name)
}

/** A batch of one session that was written at `timeMs`. */
function session(values: Record<string, unknown>, timeMs = 1000): Session {
  const made = new Session(KEY, 500, NODE, 0, 60_000)
  made.complete = true
  for (const [name, value] of Object.entries(values)) made.write(name, value, limits)
  made.commit({ timeMs, count: 1, node: NODE })
  return made
}

function batch(write: (writer: Writer) => void): Buffer {
  return bytes((writer) => {
    writeBatchHead(writer, NAME, NODE, 7, 9)
    write(writer)
  })
}

function facts(attribute: Attribute): unknown {
  return [attribute.name, attribute.removed, attribute.read(), attribute.version]
}

describe('a batch', () => {
  test('is these bytes', () => {
    const one = session({ n: 1, s: 'ä' })
    one.accessedMs = 600
    const message = batch((writer) => writeDelta(writer, one, ['n', 's'], one.stored('n')!.version, NODE))
    const picture = [
      'c1 01',
      '0e 6c6f63616c686f7374232f617070', // manager
      '6e6f64652d6f6e65', // node
      '0000000000000007 0000000000000009', // batches 7 to 9
      '01 00', // a session, not whole, of the sender
      Buffer.from(KEY).toString('hex'),
      'f403 d804 00', // created 500, accessed 600, idle 0
      'e807 01', // version 1000, 1
      '02', // attributes
      '00 01 6e 00000002 04 01',
      '00 01 73 00000003 07 c3a4',
    ]
    assert.equal(message.toString('hex'), picture.join('').replaceAll(' ', ''))
  })

  test('names the node that serves the session, where that is not the sender', () => {
    const [ours, theirs] = [session({ n: 1 }), session({ n: 1 })]
    theirs.owner = 'node-two'
    const version = ours.stored('n')!.version
    const decoded = decode(
      batch((writer) => {
        for (const one of [ours, theirs]) {
          writeDelta(writer, one, ['n'], version, NODE)
          writeTouch(writer, one, NODE)
        }
        writeService(writer, theirs, 7)
      }),
    )
    const entries = decoded.type === 'batch' ? (decoded.entries as SessionEntry[]) : []
    assert.deepEqual(
      entries.map(({ owner, idleMs, attributes }) => [owner, idleMs, attributes.length]),
      [
        [NODE, 0, 1],
        [NODE, 0, 0],
        ['node-two', 0, 1],
        ['node-two', 0, 0],
        ['node-two', 7, 0],
      ],
    )
  })

  test('brings back what was written', () => {
    const one = session({ text: 'x', list: [1, { a: 2n }] })
    const version = one.stored('text')!.version
    one.remove('text', limits)
    const later = { timeMs: 2000, count: 0, node: 'node-two' }
    one.commit(later)
    const decoded = decode(
      batch((writer) => {
        writeWhole(writer, one, 30, later)
        writeTouch(writer, one, NODE)
        writeEnding(writer, { key: KEY, fate: 'moved', accessedMs: 5, to: OTHER })
        writeEnding(writer, { key: KEY, fate: 'expired', accessedMs: 6, to: '' })
        writeEnding(writer, { key: KEY, fate: 'destroyed', accessedMs: 7, to: '' })
      }),
    )
    assert.equal(decoded.type, 'batch')
    const [whole, touch, ...endings] = decoded.type === 'batch' ? decoded.entries : []
    const { attributes, ...head } = whole as SessionEntry
    assert.deepEqual(head, {
      type: 'session',
      key: KEY,
      full: true,
      createdMs: 500,
      accessedMs: 500,
      idleMs: 30,
      owner: NODE,
    })
    assert.deepEqual(attributes.map(facts), [
      // The version that is not repeated belongs to the sender.
      ['text', true, undefined, { ...later, node: NODE }],
      ['list', false, [1, { a: 2n }], version],
    ])
    assert.deepEqual((touch as SessionEntry).attributes, [])
    assert.deepEqual(endings, [
      { type: 'ending', key: KEY, fate: 'moved', accessedMs: 5, to: OTHER },
      { type: 'ending', key: KEY, fate: 'expired', accessedMs: 6, to: '' },
      { type: 'ending', key: KEY, fate: 'destroyed', accessedMs: 0, to: '' },
    ])
  })

  test('tells what the others have in place of what is not committed', () => {
    const one = session({ a: 1, b: 1 })
    one.write('b', 2, limits)
    one.write('c', 3, limits)
    const decoded = decode(batch((writer) => writeWhole(writer, one, 0)))
    const [whole] = decoded.type === 'batch' ? (decoded.entries as SessionEntry[]) : []
    assert.deepEqual(
      whole?.attributes.map((attribute) => [attribute.name, attribute.read()]),
      [
        ['a', 1],
        ['b', 1],
      ],
    )
  })
})

const positions: Positions = [
  { node: NODE, upTo: 9, early: [] },
  { node: 'node-two', upTo: 2 ** 40, early: [[2 ** 40 + 2, 2 ** 40 + 5]] },
]
const plain: PlainMessage[] = [
  { type: 'position', node: NODE, ready: true, ask: false, changes: 12, positions },
  { type: 'position', node: NODE, ready: false, ask: true, changes: 0, positions: [] },
  { type: 'pull', node: NODE, request: 2 ** 32, since: 7, sinceNode: 'node-two', parts: 0xffff, digests: [] },
  {
    type: 'pull',
    node: NODE,
    request: 1,
    since: 0,
    sinceNode: NODE,
    parts: 1,
    digests: Array.from({ length: BUCKETS }, (_, i) => i * 2 ** 40),
  },
  { type: 'done', node: NODE, request: 1, changes: 99, positions },
  { type: 'refused', node: NODE, request: 1, reason: 'not-ready', startedAgoMs: 5 },
  { type: 'refused', node: NODE, request: 1, reason: 'busy', startedAgoMs: 0 },
  { type: 'need', node: NODE, keys: [KEY, OTHER] },
  {
    type: 'offer',
    node: NODE,
    request: 3,
    items: [
      { key: KEY, digest: 2 ** 53 - 1 },
      { key: OTHER, digest: 0 },
    ],
  },
  { type: 'wanted', node: NODE, request: 3, keys: [OTHER] },
  { type: 'fetch', node: NODE, request: 2 ** 40, key: KEY },
  { type: 'missing', node: NODE, request: 2 ** 40 },
  { type: 'whose', node: NODE, request: 4, attribute: 'userId', user: 'jürgen 😀' },
  { type: 'theirs', node: NODE, request: 4, of: 2, keys: [KEY, OTHER] },
  { type: 'theirs', node: NODE, request: 2 ** 40, of: 0, keys: [] },
]

describe('other messages', () => {
  for (const message of plain) {
    test(`${JSON.stringify(message).slice(0, 60)}… comes back`, () => {
      assert.deepEqual(decode(bytes((writer) => writeMessage(writer, NAME, message))), message)
    })
  }
})

describe('messages of others', () => {
  const ours = bytes((writer) => writeMessage(writer, NAME, plain[2]!))
  const rows: [what: string, message: Uint8Array, type: string][] = [
    ['of another manager', bytes((writer) => writeMessage(writer, 'blog', plain[2]!)), 'foreign'],
    ['of a Java program', Buffer.from('aced0005', 'hex'), 'foreign'],
    ['of nothing', Buffer.alloc(0), 'foreign'],
    ['of a later version of us', Buffer.concat([Buffer.from([0xc2]), ours.subarray(1)]), 'unknown'],
    ['of a later kind', Buffer.concat([Buffer.from([0xc1, 0x63]), ours.subarray(2)]), 'unknown'],
  ]
  for (const [what, message, type] of rows) {
    test(`${what} are ${type}`, () => assert.equal(decode(message).type, type))
  }
})

describe('hostile messages are refused whole', () => {
  const good = batch((writer) => {
    writeWhole(writer, session({ n: 1, list: [1, 2, 3] }), 0)
    writeEnding(writer, { key: KEY, fate: 'moved', accessedMs: 5, to: OTHER })
  })
  const head = bytes((writer) => writeBatchHead(writer, NAME, NODE, 1, 1))
  const entry = (text: string) => Buffer.concat([head, Buffer.from(text.replaceAll(' ', ''), 'hex')])
  const key = Buffer.from(KEY).toString('hex')
  const start = `01 00 ${key} 01 01 00`

  const rows: [what: string, message: Uint8Array][] = [
    ['an entry of an unknown type', entry('09')],
    ['a key that is none', entry(`02 ${'00'.repeat(32)}`)],
    ['a lower-case key', entry(`02 ${Buffer.from(KEY.toLowerCase()).toString('hex')}`)],
    ['a time of the year 6429', entry(`03 ${key} 818080808080 20 ${key}`)],
    ['a version of the year 6429', entry(`${start} 818080808080 20 00 00`)],
    ['a version without end', entry(`${start} 01 808004 00`)],
    ['an attribute without a version', entry(`${start} 00 00 01 00 01 6e 00000001 02`)],
    ['an attribute without a name', entry(`${start} 01 00 01 00 00 00000001 02`)],
    ['a name of 4 GB', entry(`${start} 01 00 01 00 ffffffff0f`)],
    ['more attributes than can be', entry(`${start} 01 00 ffffffff0f`)],
    ['fewer attributes than it says', entry(`${start} 01 00 05 00 01 6e 00000001 02`)],
    ['a value of 2 GB', entry(`${start} 01 00 01 00 01 6e 7fffffff 07`)],
    ['a value of less than nothing', entry(`${start} 01 00 01 00 01 6e ffffffff 07`)],
    ['a value with an unknown tag', entry(`${start} 01 00 01 00 01 6e 00000001 77`)],
    ['batches that run backwards', bytes((writer) => writeBatchHead(writer, NAME, NODE, 5, 4))],
    ['batch 0', bytes((writer) => writeBatchHead(writer, NAME, NODE, 0, 1))],
    [
      'something behind a message',
      Buffer.concat([bytes((writer) => writeMessage(writer, NAME, plain[2]!)), Buffer.from([0])]),
    ],
    [
      'an offer of 4 billion sessions',
      Buffer.concat([head.subarray(0, 25).fill(8, 1, 2), Buffer.from('01ffffffff0f', 'hex')]),
    ],
    ['a fetch of no key', Buffer.concat([head.subarray(0, 25).fill(10, 1, 2), Buffer.from('01'), Buffer.alloc(32)])],
    [
      'a user of more than MAX_USER_CHARS',
      bytes((writer) => {
        const user = 'x'.repeat(3 * MAX_USER_CHARS + 1)
        writeMessage(writer, NAME, { type: 'whose', node: NODE, request: 1, attribute: 'userId', user })
      }),
    ],
    [
      'more keys of a user than fit a message',
      bytes((writer) => {
        const keys = Array.from({ length: MAX_NEEDED_KEYS + 1 }, () => KEY)
        writeMessage(writer, NAME, { type: 'theirs', node: NODE, request: 1, of: 1, keys })
      }),
    ],
    [
      'more messages about a user than there may be',
      bytes((writer) => {
        const of = MAX_USER_MESSAGES + 1
        writeMessage(writer, NAME, { type: 'theirs', node: NODE, request: 1, of, keys: [] })
      }),
    ],
    ['a need of 4 billion keys', Buffer.concat([head.subarray(0, 25).fill(7, 1, 2), Buffer.from('ffffffff0f', 'hex')])],
  ]
  for (const [what, message] of rows) {
    test(what, () => assert.throws(() => decode(message), { name: 'SessionError', code: 'SESSION_MESSAGE' }))
  }

  test('whatever is cut off', () => {
    for (let end = 2; end < good.length; end++) {
      // Cut between two entries it is a shorter batch.
      const cut = good.subarray(0, end)
      try {
        const decoded = decode(cut)
        assert.ok(decoded.type === 'batch' && decoded.entries.length < 2)
      } catch (error) {
        assert.equal((error as { code: string }).code, 'SESSION_MESSAGE')
      }
    }
  })

  test('whatever is changed, nothing but SESSION_MESSAGE is thrown, and no value is read by it', () => {
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const message = Buffer.from(good)
        for (const { at, to } of changes) message[at] = to
        try {
          decode(message)
        } catch (error) {
          assert.equal((error as { code: string }).code, 'SESSION_MESSAGE')
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('random bytes behind a good head', () => {
    const kinds = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 200 }), (kind, rest) => {
        const message = bytes((writer) => {
          writeEntriesHead(writer, NAME, NODE, 1)
          writer.bytes(rest)
        })
        message[1] = kind
        try {
          decode(message)
        } catch (error) {
          assert.equal((error as { code: string }).code, 'SESSION_MESSAGE')
        }
      }),
      { numRuns: 2000 },
    )
  })
})
