/** Fields of requests: which arrive, how often, in which order, and which stop a request. */
import type { Case } from '../case.ts'

const browser = [
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
  'Accept-Charset: utf-8',
  'Referer: http://shop.example/list?page=2',
  'Authorization: Basic Y2F0Om1pbnQ=',
  'Pragma: no-cache',
  'Cache-Control: no-cache',
  'Cookie: theme=dark; lang=en',
  'Cookie2: $Version=1',
  'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT',
]

const carried: readonly Case[] = [
  { name: 'the fields of a browser', fields: browser },
  { name: 'a field repeated', fields: ['X-Multi: 1', 'X-Other: x', 'X-Multi: 2', 'x-multi: 3'] },
  {
    name: 'known fields repeated',
    fields: ['Accept: text/html', 'Accept: text/plain', 'User-Agent: a', 'User-Agent: b'],
  },
  { name: 'Cookie repeated', fields: ['Cookie: a=1', 'Cookie: b=2'] },
  { name: 'an empty value', fields: ['X-Empty:', 'X-Blank:   '] },
  { name: 'blanks around a value', fields: ['X-Blanks: \t a  b \t '] },
  { name: 'Latin-1 bytes in a value', fields: ['X-Latin: caf\u00e9 \u00a3\u00ff'] },
  { name: 'UTF-8 bytes in a value', fields: ['X-Utf8: \u00c3\u00a9\u00e7\u008c\u00ab'] },
  { name: 'a name with an underscore', fields: ['X_Under: 1', 'X-Under: 2'] },
  { name: 'a name of all kinds of characters', fields: ["X!#$%&'*+.^`|~9: 1"] },
  { name: 'a value of 8000 bytes', fields: [`X-Long: ${'v'.repeat(7_400)}`] },
  { name: '90 fields', fields: Array.from({ length: 90 }, (_, i) => `X-${i}: ${i}`) },
  { name: 'names of hop-by-hop fields as values', fields: ['X-A: Connection', 'Vary: upgrade'] },
  { name: 'Proxy-Authorization', fields: ['Proxy-Authorization: Basic eA=='] },
  { name: 'Max-Forwards and Via', fields: ['Max-Forwards: 3', 'Via: 1.1 elsewhere'] },
  {
    name: 'what AJP calls its attributes, as fields',
    fields: ['JK_LB_ACTIVATION: DIS', 'AJP_REMOTE_PORT: 1', 'REMOTE_USER: root'],
  },
]

const hopByHop: readonly Case[] = [
  { name: 'Connection: close', fields: ['Connection: close'] },
  { name: 'Connection: keep-alive', fields: ['Connection: keep-alive', 'Keep-Alive: timeout=9'] },
  { name: 'a field that Connection lists', fields: ['Connection: X-Private', 'X-Private: 1'] },
  { name: 'Proxy-Connection', fields: ['Proxy-Connection: keep-alive'] },
  { name: 'TE and Trailer', fields: ['TE: trailers', 'Connection: TE', 'Trailer: X-End'] },
  {
    name: 'an offer to upgrade to WebSocket',
    fields: ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  },
  {
    name: 'an offer to upgrade to h2c',
    fields: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
  },
]

const spoofs: readonly Case[] = [
  { name: 'X-Forwarded-For from a client', fields: ['X-Forwarded-For: 8.8.8.8', 'X-Real-IP: 8.8.4.4'] },
  {
    name: 'X-Forwarded-Proto, -Host and -Port from a client',
    fields: ['X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Port: 444'],
  },
  { name: 'Forwarded from a client', fields: ['Forwarded: for=8.8.8.8;proto=https;host=evil.example'] },
]

const refused: readonly Case[] = [
  { name: 'more fields than fit a packet', fields: ['a', 'b', 'c'].map((name) => `X-${name}: ${'v'.repeat(3_000)}`) },
  { name: 'a field beyond 8190 bytes', fields: [`X-Long: ${'v'.repeat(9_000)}`] },
  { name: '101 fields', fields: Array.from({ length: 101 }, (_, i) => `X-${i}: ${i}`) },
  { name: 'a blank before the colon', fields: ['X-Bad : 1'] },
  { name: 'a folded line', fields: ['X-Folded: a', ' b'] },
  { name: 'a NUL in a value', fields: ['X-Nul: a\0b'] },
  { name: 'Host twice', fields: ['Host: other.example'] },
  { name: 'Content-Length twice, equal', method: 'POST', fields: ['Content-Length: 0', 'Content-Length: 0'] },
  { name: 'Content-Length twice, different', method: 'POST', fields: ['Content-Length: 0', 'Content-Length: 1'] },
  { name: 'Content-Length negative', method: 'POST', fields: ['Content-Length: -1'] },
  { name: 'Content-Length with a plus', method: 'POST', fields: ['Content-Length: +0'] },
  {
    name: 'Transfer-Encoding and Content-Length',
    fields: ['Content-Length: 5'],
    body: { bytes: 3, framing: 'chunked' },
    answer: 'read',
  },
  { name: 'Transfer-Encoding: gzip', method: 'POST', fields: ['Transfer-Encoding: gzip'] },
  {
    name: 'Transfer-Encoding: chunked, twice',
    fields: ['Transfer-Encoding: chunked'],
    body: { bytes: 3, framing: 'chunked' },
    answer: 'read',
  },
  { name: 'an expectation nobody knows', method: 'POST', fields: ['Expect: the-unexpected', 'Content-Length: 0'] },
]

const sessions: readonly Case[] = [
  { name: 'a session begins', answer: 'session | text in' },
  {
    name: 'a session nobody knows',
    fields: ['Cookie: JSESSIONID=0123456789ABCDEF.node1'],
    answer: 'session | text in',
  },
  { name: 'a session of a disabled member', fields: ['Cookie: JSESSIONID=0123456789ABCDEF.tired'], answer: 'text in' },
  {
    name: 'a session goes on, by its cookie',
    answer: 'session | text in',
    act: async (stage) => {
      await stage.sendAll()
      const first = await stage.readAnswer()
      const cookie = first?.fields.find(([name]) => /^set-cookie$/i.test(name))?.[1].split(';')[0]
      stage.facts.clear()
      await stage.client.send(stage.head([`Cookie: ${cookie}`]))
      await stage.readAnswer()
      await stage.noteConnection()
    },
  },
]

export const headers: readonly Case[] = [...carried, ...hopByHop, ...spoofs, ...refused, ...sessions]
