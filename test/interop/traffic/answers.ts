/** Statuses and fields of answers: what of the application's answer arrives, and what does not. */
import type { Case } from '../case.ts'

const statuses: readonly Case[] = [
  { name: '201 with Location', answer: 'status 201 | header Location: /probe/new | text made' },
  { name: '204', answer: 'status 204' },
  { name: '205', answer: 'status 205' },
  { name: '304', answer: 'status 304 | header ETag: "a"' },
  { name: '204 for an application that writes a body', answer: 'status 204 | text nobody may see this' },
  { name: '304 for an application that writes a body', answer: 'status 304 | text nobody may see this' },
  { name: 'a status without a name', answer: 'status 299 | text x' },
  { name: 'a status beyond 599', answer: 'status 799 | text x' },
  { name: 'a redirect', answer: 'redirect /probe/there?a=b' },
  { name: 'a redirect elsewhere', answer: 'redirect https://other.example/x' },
  { name: 'an error page', answer: 'error 404 not here' },
  { name: 'an error page of a HEAD', method: 'HEAD', answer: 'error 404 not here' },
  { name: '401 with WWW-Authenticate', answer: 'header WWW-Authenticate: Basic realm="x" | error 401 who' },
  { name: '500 from the application', answer: 'error 500 broken' },
  { name: '503 from the application', answer: 'header Retry-After: 7 | error 503 later' },
  { name: '404 without a body', answer: 'status 404' },
  { name: 'an application that fails before it answers', answer: 'throw' },
  { name: 'an application that fails with half a small page', answer: 'text half | throw' },
]

const fields: readonly Case[] = [
  { name: 'no field at all', answer: 'flush | text x' },
  {
    name: 'cookies, one field each',
    answer: 'add Set-Cookie: a=1; Path=/ | add Set-Cookie: b=2; Path=/; HttpOnly | add Set-Cookie: c=3 | text x',
  },
  {
    name: 'a field repeated in an answer',
    answer: 'add X-Multi: 1 | add X-Multi: 2 | add Vary: a | add Vary: b | text x',
  },
  { name: 'Content-Type with a charset', answer: 'header Content-Type: text/html;charset=UTF-8 | text x' },
  { name: 'Content-Language', answer: 'header Content-Language: en | text x' },
  {
    name: 'caching',
    answer:
      'header Cache-Control: max-age=60 | header ETag: "v1" | header Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT | text x',
  },
  { name: 'a date of its own', answer: 'header Date: Fri, 02 Jan 2026 03:04:05 GMT | text x' },
  { name: 'a server of its own', answer: 'header Server: cats/9 | text x' },
  { name: 'an empty value in an answer', answer: 'header X-Empty:  | text x' },
  { name: 'a large field', answer: 'large 6000 | text x' },
  { name: 'Latin-1 in an answer', answer: 'header X-Latin: caf\u00e9 | text x' },
  {
    name: 'names of all cases',
    answer: 'header x-lower: 1 | header X-UPPER: 2 | header content-TYPE: text/plain | text x',
  },
  { name: 'Connection: close from the application', answer: 'header Connection: close | text x' },
  {
    name: 'Keep-Alive and Trailer from the application',
    answer: 'header Keep-Alive: timeout=1 | header Trailer: X-End | text x',
  },
  { name: 'Upgrade from the application', answer: 'header Upgrade: websocket | text x' },
  { name: 'a Status field', answer: 'header Status: 404 | text x' },
]

const zipped: readonly Case[] = [
  {
    name: 'gzip for whom accepts it',
    fields: ['Accept-Encoding: gzip'],
    answer: 'header Content-Type: text/plain | gzip 50000',
  },
  { name: 'no gzip for whom does not', answer: 'header Content-Type: text/plain | gzip 50000' },
]

const file = '/static/cats.txt'
const files: readonly Case[] = [
  { name: 'a file', target: file },
  { name: 'HEAD of a file', target: file, method: 'HEAD' },
  { name: 'the beginning of a file', target: file, fields: ['Range: bytes=0-99'] },
  { name: 'the middle of a file', target: file, fields: ['Range: bytes=5000-69999'] },
  { name: 'the end of a file', target: file, fields: ['Range: bytes=-100'] },
  { name: 'a range beyond the end', target: file, fields: ['Range: bytes=200000-'] },
  { name: 'a file that did not change', target: file, fields: ['If-None-Match: W/"100000-1767323045000"'] },
  { name: 'a file that is not there', target: '/static/dogs.txt' },
]

const wide: readonly Case[] = [
  {
    name: 'an upload in packets of 64 KiB',
    target: '/probe/wide/a',
    body: { bytes: 1_048_576, framing: 'length' },
    answer: 'read',
  },
  {
    name: 'a chunked upload in packets of 64 KiB',
    target: '/probe/wide/a',
    body: { bytes: 200_000, framing: 'chunked' },
    answer: 'read',
  },
  { name: 'an answer in packets of 64 KiB', target: '/probe/wide/a', answer: 'length 1048576 | bytes 1048576' },
  { name: 'fields of 30 KB in a packet of 64 KiB', target: '/probe/wide/a', answer: 'large 30000 | text x' },
  {
    name: 'a request of 20 KB in a packet of 64 KiB',
    target: '/probe/wide/a',
    fields: ['a', 'b', 'c', 'd'].map((name) => `X-${name}: ${'v'.repeat(5_000)}`),
  },
]

const secrets: readonly Case[] = [
  { name: 'the right secret', target: '/probe/secret/a' },
  { name: 'a wrong secret', target: '/probe/wrong/a' },
  { name: 'no secret where one is wanted', target: '/probe/none/a' },
  { name: 'a wrong secret, with a body', target: '/probe/wrong/a', body: { bytes: 600, framing: 'length' } },
]

/** TLS, and what only httpd can be told. */
const CAT = 'Authorization: Basic Y2F0Om1pbnQ='
const behindHttpd: readonly Case[] = [
  { name: 'a user whom the web server knows', target: '/probe/members/a', fields: [CAT], needsHttpd: true },
  {
    name: 'a user whom the web server knows and the container believes',
    target: '/probe/secret/members/a',
    fields: [CAT],
    needsHttpd: true,
  },
  { name: 'TLS with a client certificate', tls: true, needsHttpd: true },
  {
    name: 'an upload over TLS',
    tls: true,
    needsHttpd: true,
    body: { bytes: 100_000, framing: 'chunked' },
    answer: 'read | bytes 100000',
  },
]

export const answers: readonly Case[] = [
  ...statuses,
  ...fields,
  ...zipped,
  ...files,
  ...wide,
  ...secrets,
  ...behindHttpd,
]
