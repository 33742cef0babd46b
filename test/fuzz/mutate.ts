/**
 * Makes messages that are nearly right: a seed with a few bytes flipped, inserted, deleted, repeated, or exchanged with
 * a piece of another seed. What is inserted is what parsers stumble over. Latin-1 strings: one character is one byte.
 */
import type { Random } from './random.ts'

/** Bytes and words that mean something to some parser. */
const DICTIONARY = [
  ...[
    '\r\n',
    '\r',
    '\n',
    '\r\n\r\n',
    '\n\n',
    '\r\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x0c',
    '\x7f',
    '\x85',
    '\xa0',
    '\xff',
  ],
  ...[':', ';', ',', '"', '\\', '#', '?', '/', '*', '%', '%2f', '%00', '..', '@', '=', '+', '-', '_', '0x', '0'],
  ...['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'content-length:6\r\n', 'Content-Length : 5\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n', 'transfer-encoding:\tchunked \r\n'],
  ...['Transfer-Encoding : chunked\r\n', 'Transfer-Encoding: chunked, identity\r\n', ' chunked', 'chunked'],
  ...['Host: b\r\n', 'Connection: close\r\n', 'Connection: keep-alive, Content-Length\r\n', 'Upgrade: h2c\r\n'],
  ...['Expect: 100-continue\r\n', 'TE: trailers\r\n', 'X: y\r\n', ' folded\r\n', 'Trailer: X\r\n'],
  ...['0\r\n\r\n', '5\r\nhello\r\n', '5;a="b"\r\nhello\r\n', '0\r\nX: y\r\n\r\n', 'ffffffffffffffff\r\n'],
  ...[
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/2.0',
  ],
  ...['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 304 x\r\n\r\n'],
]

/** Lines that may stand in any head; what is refused for its first mistake says nothing about a second. */
const LINES = [
  ...[
    'X: y\r\n',
    'X:\r\n',
    'x-y:\tz \r\n',
    'Cookie: a=b; JSESSIONID=c.d\r\n',
    'Connection: close\r\n',
    'TE: trailers\r\n',
  ],
  ...['Connection: keep-alive, X\r\n', 'Connection: Upgrade\r\nUpgrade: websocket\r\n', 'Keep-Alive: timeout=5\r\n'],
  ...[
    'Expect: 100-continue\r\n',
    'X-Forwarded-For: 1.2.3.4\r\n',
    'Forwarded: for=x\r\n',
    'Trailer: X\r\n',
    'Date: x\r\n',
  ],
  ...[
    'X_Y: z\r\n',
    'Transfer_Encoding: chunked\r\n',
    'Content-Type: text/plain\r\n',
    'X: \xe9\x80\xff\r\n',
    'Range: a\r\n',
  ],
]

/** Numbers next to those where something changes. */
const NUMBERS = [
  ...['-1', '0', '00', '1', '9', '15', '16', '17', '127', '128', '255', '256', '1023', '1024', '4095', '4096', '8191'],
  ...['8192', '16384', '32767', '32768', '65535', '65536', '65537', '2147483647', '2147483648', '4294967295'],
  ...[
    '4294967296',
    '9007199254740991',
    '9007199254740993',
    '9223372036854775807',
    '18446744073709551616',
    '1e3',
    '0x10',
  ],
]

const MAX_BYTES = 100_000

/** A few changes to one of `seeds`, mostly one or two. */
export function mutate(seeds: readonly string[], random: Random): string {
  let text = random.pick(seeds)
  const changes = 1 + random.below(1 + random.below(6))
  for (let i = 0; i < changes; i++) {
    text = MUTATIONS[random.below(MUTATIONS.length)]!(text, random, seeds)
    if (text.length > MAX_BYTES) text = text.slice(0, MAX_BYTES)
  }
  return text
}

type Mutation = (text: string, random: Random, seeds: readonly string[]) => string

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  replaceByte,
  insertWord,
  insertAtLine,
  insertLine,
  insertLine,
  insertLine,
  remove,
  repeat,
  exchangeNumber,
  splice,
  duplicateLine,
  truncate,
  changeCase,
]

function flipBit(text: string, random: Random): string {
  if (text === '') return text
  const at = random.below(text.length)
  const byte = text.charCodeAt(at) ^ (1 << random.below(8))
  return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1)
}

function replaceByte(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
}

function insertWord(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + random.pick(DICTIONARY) + text.slice(at)
}

function insertAtLine(text: string, random: Random): string {
  const at = someLine(text, random)
  return text.slice(0, at) + random.pick(DICTIONARY) + text.slice(at)
}

function insertLine(text: string, random: Random): string {
  const at = someLine(text, random)
  return text.slice(0, at) + random.pick(LINES) + text.slice(at)
}

function remove(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + text.slice(at + 1 + random.below(8))
}

function repeat(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const end = Math.min(text.length, at + 1 + random.below(40))
  const times = random.chance(50) ? random.below(2_000) : random.below(8)
  return text.slice(0, end) + text.slice(at, end).repeat(times) + text.slice(end)
}

function exchangeNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/\d+/g)]
  if (numbers.length === 0) return text
  const { 0: found, index } = random.pick(numbers)
  return text.slice(0, index) + random.pick(NUMBERS) + text.slice(index + found.length)
}

/** The beginning of one and the end of another. */
function splice(text: string, random: Random, seeds: readonly string[]): string {
  const other = random.pick(seeds)
  return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1))
}

function duplicateLine(text: string, random: Random): string {
  const at = someLine(text, random)
  const end = text.indexOf('\r\n', at)
  return end === -1 ? text : text.slice(0, end + 2) + text.slice(at, end + 2) + text.slice(end + 2)
}

function truncate(text: string, random: Random): string {
  return text.slice(0, random.below(text.length + 1))
}

function changeCase(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  const end = at + random.below(20)
  const part = text.slice(at, end)
  return text.slice(0, at) + (random.chance(2) ? part.toUpperCase() : part.toLowerCase()) + text.slice(end)
}

/** Where some line begins. */
function someLine(text: string, random: Random): number {
  const ends = [...text.matchAll(/\r\n/g)]
  return ends.length === 0 ? 0 : random.pick(ends).index + 2
}

/** The same bytes in pieces, as a network might bring them. */
export function cutUp(text: string, random: Random): string[] {
  if (random.chance(3)) return [text]
  const pieces: string[] = []
  const most = random.pick([2, 10, 100, 1_000])
  for (let at = 0; at < text.length && pieces.length < 200; ) {
    const end = pieces.length === 199 ? text.length : at + 1 + random.below(most)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}
