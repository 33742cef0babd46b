import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileLogFormat, escapeLog, type LoggedRequest } from './log-format.ts'
import { noteNames } from './member-notes.ts'

const request: LoggedRequest = {
  method: 'GET',
  target: '/app/x?a=b',
  path: '/app/x',
  minor: 1,
  host: 'www.example.com:8080',
  client: { address: '10.0.0.1', port: 1234, localPort: 8080, localAddress: '10.0.0.2' },
  user: 'joe',
  env: new Map([['bot', '1']]),
  worker: 'lb',
  workerType: 'lb',
  route: 'r1',
  memberNotes: undefined,
  status: 200,
  sentBytes: 12,
  keepsAlive: true,
  isAborted: false,
  serverName: 'www.example.com',
  startedAt: new Date(2026, 10, 2, 3, 4, 5, 67).getTime(),
  durationMs: 1234.5678,
  requestField: (name) => ({ 'user-agent': 'agent "x"\n', cookie: 'a=1; b=2' })[name],
  answerField: (name) => ({ 'content-type': 'text/plain' })[name],
}

const notes = {
  first: {
    ...{ NAME: 'a', VALUE: 1, ACCESSED: 2, SESSIONS: 3, READ: 4, TRANSFERRED: 5, ERRORS: 6, BUSY: 7 },
    ...{ ACTIVATION: 'DIS', STATE: 'ERR' },
  },
  last: {
    ...{ NAME: 'b', VALUE: 8, ACCESSED: 9, SESSIONS: 10, READ: 11, TRANSFERRED: 12, ERRORS: 0, BUSY: 0 },
    ...{ ACTIVATION: 'ACT', STATE: 'OK' },
  },
}

const HTTPD: readonly [format: string, line: string, change?: Partial<LoggedRequest>][] = [
  ['plain \\t \\\\ \\"', 'plain \t \\ "'],
  ['%%', '%'],
  ['%h %l %u', '10.0.0.1 - joe'],
  ['%u', '-', { user: undefined }],
  ['%u', 'j\\xc3\\xb6', { user: 'jö' }],
  ['%a %{c}a %A', '10.0.0.1 10.0.0.1 10.0.0.2'],
  ['%r', 'GET /app/x?a=b HTTP/1.1'],
  ['%m %U %q %H', 'GET /app/x ?a=b HTTP/1.1'],
  ['[%q]', '[]', { target: '/app/x' }],
  ['%s %>s %<s', '200 200 200'],
  ['%s', '-', { status: 0 }],
  ['%b %B', '12 12'],
  ['%b %B', '- 0', { sentBytes: 0 }],
  ['%D %T %{ms}T %{us}T', '1234568 1 1234 1234568'],
  ['%p %{local}p %{remote}p', '8080 8080 1234'],
  ['%v %V', 'www.example.com www.example.com'],
  ['%v', 'other', { serverName: '', host: 'other:1' }],
  ['%{User-Agent}i', 'agent \\"x\\"\\n'],
  ['%{Referer}i %{Content-Type}o', '- text/plain'],
  ['%{b}C %{none}C', '2 -'],
  ['%{bot}e %{none}e', '1 -'],
  ['%{JK_WORKER_NAME}n %{JK_WORKER_TYPE}n %{JK_WORKER_ROUTE}n', 'lb lb r1'],
  ['%{JK_WORKER_TYPE}n', '-', { workerType: '' }],
  ['%{JK_LB_FIRST_NAME}n %{JK_LB_LAST_NAME}n', 'a b', { memberNotes: notes }],
  ['%{JK_LB_FIRST_NAME}n %{JK_LB_LAST_STATE}n', '- -'],
  ...(['FIRST', 'LAST'] as const).map(
    (which) =>
      [
        noteNames.map((name) => `%{JK_LB_${which}_${name}}n`).join(' '),
        which === 'FIRST' ? 'a 1 2 3 4 5 6 7 DIS ERR' : 'b 8 9 10 11 12 0 0 ACT OK',
        { memberNotes: notes },
      ] as [string, string, Partial<LoggedRequest>],
  ),
  ['%{JK_REQUEST_DURATION}n', '1.234568'],
  ['%{JK_WORKER_NAME}n %{nosuch}n %{constructor}n', '- - -', { worker: '' }],
  ['%{%d/%m/%y %H:%M:%S}t', '02/11/26 03:04:05'],
  ['%{msec_frac}t', '067'],
  ['%400,200s %!200s %!404s', '200 - 200'],
  ['%X', '+'],
  ['%X', '-', { keepsAlive: false }],
  ['%X', 'X', { isAborted: true }],
]

const JK: readonly [format: string, line: string, change?: Partial<LoggedRequest>][] = [
  ['%w %R %T', 'lb r1 1.234568'],
  ['%w %R', '- -', { worker: '', route: '' }],
  ['%b %B %H %m %p %q %s %U %v %V', '12 12 HTTP/1.1 GET 8080 ?a=b 200 /app/x www.example.com www.example.com'],
  ['%r', 'GET /app/x?a=b HTTP/1.1'],
  ['%{[%a %b %d %H:%M:%S.%Q %Y] }t%w', '[Mon Nov 02 03:04:05.067 2026] lb'],
  ['a\\n\\tb', 'a\n\tb'],
]

describe('log formats', () => {
  for (const [of, rows] of [
    ['httpd', HTTPD],
    ['jk', JK],
  ] as const)
    for (const [format, line, change] of rows)
      it(`${of}: ${format}`, () => assert.equal(compileLogFormat(format, of)({ ...request, ...change }), line))

  it('%t is the time as in the common log format', () => {
    assert.match(compileLogFormat('%t', 'httpd')(request), /^\[02\/Nov\/2026:03:04:05 [+-]\d{4}\]$/)
  })

  for (const format of ['%Z', '%', '%{x', '%{x}'])
    it(`${format} is no code`, () => assert.throws(() => compileLogFormat(format, 'httpd'), /no code/))
  it('codes of httpd are none of mod_jk', () => assert.throws(() => compileLogFormat('%h', 'jk'), /%h is no code/))

  it('nothing that came from outside can end a line', () => {
    for (let code = 0; code < 256; code++) assert.match(escapeLog(String.fromCharCode(code)), /^[ -~]+$/)
  })
})
