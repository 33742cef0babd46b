/** Heads and endings of a response, as apps write them by hand. */
import type { ServerResponse } from 'node:http'
import type { RawRoute } from './raw-routes.ts'

/** What a response says of itself. */
const states = (response: ServerResponse) => ({
  headersSent: response.headersSent,
  writableEnded: response.writableEnded,
  writableFinished: response.writableFinished,
  finished: response.finished,
  closed: response.closed,
  destroyed: response.destroyed,
  status: response.statusCode,
  message: response.statusMessage,
})

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'no error'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

export const RAW_RESPONSES: readonly (readonly [string, RawRoute])[] = [
  [
    'head-list',
    ({ response }) => {
      const fields = [
        'X-Order',
        '1',
        'Content-Type',
        'text/plain',
        'x-order',
        '2',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
      ]
      response.writeHead(203, 'Second Hand', fields).end('listed')
    },
  ],
  [
    'head-object',
    ({ response }) => {
      response.setHeader('X-Before', 'set before').setHeader('X-Both', 'set before')
      response.writeHead(201, { 'X-Both': 'written', 'set-cookie': ['a=1', 'b=2'], 'X-Number': 7 })
      response.end('object')
    },
  ],
  [
    'head-nested-list',
    ({ response }) => {
      // Entries, as a Headers object gives them.
      response
        .writeHead(200, [
          ['X-One', '1'],
          ['X-Two', '2'],
        ] as never)
        .end('nested')
    },
  ],
  [
    'reason',
    ({ response }) => {
      response.statusCode = 299
      response.statusMessage = 'Quite, Well (and so) on'
      response.end('reason')
    },
  ],
  [
    'no-reason',
    ({ response }) => {
      response.statusCode = 599
      response.end('reason')
    },
  ],
  [
    'empty-reason',
    ({ response }) => {
      response.writeHead(200, '', { 'Content-Type': 'text/plain' }).end('silent')
    },
  ],
  ['no-content', ({ response }) => void response.writeHead(204, { 'X-Empty': '' }).end()],
  ['no-content-with-text', ({ response }) => void response.writeHead(204).end('this is not sent')],
  ['reset-content', ({ response }) => void response.writeHead(205).end()],
  [
    'not-modified',
    ({ response }) => void response.writeHead(304, { ETag: '"v1"', 'Cache-Control': 'max-age=9' }).end(),
  ],
  [
    'not-modified-length',
    ({ response }) => void response.writeHead(304, { ETag: '"v1"', 'Content-Length': 1234 }).end(),
  ],
  ['length', ({ response }) => void response.writeHead(200, { 'Content-Length': 6 }).end('length')],
  ['empty', ({ response }) => void response.end()],
  ['one-end', ({ response }) => void response.end('one end')],
  [
    'many-writes',
    ({ response }) => {
      for (const word of ['one ', 'two ', '', 'three']) response.write(word)
      response.end()
    },
  ],
  [
    'encodings',
    ({ response }) => {
      response.write('é', 'latin1')
      response.write('é', 'utf8')
      response.write('ff00', 'hex')
      response.end(new Uint8Array([1, 2, 3]))
    },
  ],
  [
    'corked',
    ({ response }) => {
      response.cork()
      response.write('corked ')
      response.write('twice ')
      process.nextTick(() => {
        response.uncork()
        response.end('and done')
      })
    },
  ],
  [
    'repeated-fields',
    ({ response }) => {
      response.setHeader('Link', ['</a>; rel=preload', '</b>; rel=preload'])
      response.setHeader('WWW-Authenticate', ['Basic realm="a"', 'Bearer'])
      response.appendHeader('Vary', 'Accept').appendHeader('Vary', 'Cookie')
      response.setHeader('Set-Cookie', ['a=1; Path=/; HttpOnly', 'b=2; Secure; SameSite=None', 'c='])
      response.end('repeated')
    },
  ],
  [
    'odd-values',
    ({ response }) => {
      response.setHeader('X-Latin', 'caf\xe9')
      response.setHeader('X-Tab', 'a\tb')
      response.setHeader('X-Spaces', 'a  b')
      response.setHeader('X-Empty', '')
      response.setHeader('x-lower-case', 'kept')
      response.setHeader('X-Long', 'x'.repeat(4000))
      response.setHeader('content-TYPE', 'text/plain; charset=utf-8')
      response.end('odd')
    },
  ],
  [
    'many-fields',
    ({ response }) => {
      for (let i = 0; i < 90; i++) response.setHeader(`X-Field-${i}`, `value ${i}`)
      response.end('many')
    },
  ],
  [
    'known-fields',
    ({ response }) => {
      // Those that AJP writes as a number.
      response.setHeader('content-language', 'en').setHeader('LAST-MODIFIED', 'Thu, 29 Feb 2024 12:00:00 GMT')
      response.setHeader('location', '/there').setHeader('Servlet-Engine', 'none').setHeader('status', 'good')
      response.setHeader('Date', 'Thu, 29 Feb 2024 12:00:00 GMT')
      response.writeHead(201).end('known')
    },
  ],
  [
    'no-date',
    ({ response }) => {
      response.sendDate = false
      response.end('no date')
    },
  ],
  [
    'connection-close',
    ({ response }) => {
      response.setHeader('Connection', 'close')
      response.end('closing')
    },
  ],
  [
    'connection-options',
    ({ response }) => {
      response
        .setHeader('Connection', 'keep-alive, X-Hop')
        .setHeader('X-Hop', 'ends here')
        .setHeader('X-End', 'goes on')
      response.end('options')
    },
  ],
  [
    'own-chunking',
    ({ response }) => {
      response.setHeader('Transfer-Encoding', 'chunked')
      response.end('chunked by request')
    },
  ],
  [
    'states',
    ({ response, visit }) => {
      visit.note('at first', states(response))
      response.setHeader('X-A', '1')
      response.statusCode = 202
      visit.note('with fields', {
        ...states(response),
        names: response.getHeaderNames(),
        has: response.hasHeader('x-a'),
      })
      response.writeHead(202)
      visit.note('after writeHead', { ...states(response), sent: response.getHeaders() })
      response.write('written')
      visit.note('after write', states(response))
      response.on('finish', () => visit.note('at finish', states(response)))
      response.on('close', () => visit.note('at close', states(response)))
      response.end()
      visit.note('after end', states(response))
    },
  ],
  [
    'mistakes',
    ({ response, visit }) => {
      visit.note(
        'a bad name',
        codeOf(() => response.setHeader('a b', '1')),
      )
      visit.note(
        'a bad value',
        codeOf(() => response.setHeader('X-A', 'a\r\nb: c')),
      )
      visit.note(
        'no value',
        codeOf(() => response.setHeader('X-A', undefined as never)),
      )
      visit.note(
        'a bad status',
        codeOf(() => response.writeHead(99)),
      )
      visit.note(
        'a bad body',
        codeOf(() => response.write(7 as never)),
      )
      response.writeHead(200)
      visit.note(
        'too late',
        codeOf(() => response.setHeader('X-Late', '1')),
      )
      visit.note(
        'head twice',
        codeOf(() => response.writeHead(200)),
      )
      visit.note(
        'remove too late',
        codeOf(() => response.removeHeader('Date')),
      )
      response.end('mistakes')
    },
  ],
  [
    'write-after-end',
    ({ response, visit }) => {
      response.end('ended', () => visit.event('end called back'))
      response.on('error', () => {})
      response.write('more', (error) => visit.note('write after end', (error as NodeJS.ErrnoException)?.code))
      response.end('again', (error?: NodeJS.ErrnoException) => visit.note('end after end', error?.code))
    },
  ],
  [
    'callbacks',
    ({ response, visit }) => {
      response.write('one', () => visit.event('write one called back'))
      response.write('two', () => visit.event('write two called back'))
      response.end('three', () => visit.event('end called back'))
    },
  ],
  [
    'early-hints',
    ({ response, visit }) => {
      response.writeEarlyHints({ link: ['</style.css>; rel=preload; as=style'], 'x-hint': 'yes' }, () =>
        visit.event('hints called back'),
      )
      visit.note('sent after hints', response.headersSent)
      response.end('hinted')
    },
  ],
  [
    'processing',
    ({ response, visit }) => {
      response.writeProcessing()
      visit.note('sent after processing', response.headersSent)
      response.end('processed')
    },
  ],
  [
    'trailers',
    ({ response }) => {
      response.writeHead(200, { Trailer: 'X-Sum', 'Content-Type': 'text/plain' })
      response.write('with trailers')
      response.addTrailers({ 'X-Sum': 'abc' })
      response.end()
    },
  ],
]
