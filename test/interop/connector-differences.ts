/** Where our connector, or both our ends, do something else than Tomcat. */
import type { Difference } from './differences.ts'

const BEHIND_HTTPD = ['mod_jk-clowder', 'mod_proxy_ajp-clowder'] as const
const CONNECTOR = [...BEHIND_HTTPD, 'clowder-clowder'] as const
const EVERYWHERE = ['clowder-tomcat', ...CONNECTOR] as const

const reached = [
  ['client.status', '400', '200'],
  ['client.page', 'Tomcat', undefined],
  ['client.connection', 'closed', 'serves the next'],
  ['client.header.connection', 'close', undefined],
  ['app', 'not reached', 'reached'],
] as const

export const connectorDifferences: readonly Difference[] = [
  {
    id: 'reason-phrases',
    in: EVERYWHERE,
    facts: [
      ['client.reason', /^\d{3}$/, /^[A-Z][A-Za-z -]+$/],
      ['client.reason', /^(?:299|799)$/, /^(?:unknown)?$/],
      ['client.reason', 'Request-URI Too Long', 'URI Too Long'],
    ],
    there: 'The reason phrase is the status again (`200 200`), since Tomcat sends it so and httpd copies it',
    here: 'the phrase of RFC 9110, or the application’s own',
    why: 'people read it in logs and tools',
  },
  {
    id: 'hop-by-hop-answers',
    in: EVERYWHERE,
    cases: [
      'Connection: close from the application',
      'Keep-Alive and Trailer from the application',
      'Upgrade from the application',
    ],
    facts: [
      ['client.connection', 'closed', 'serves the next'],
      ['client.header.connection', 'close', undefined],
      ['client.header.keep-alive', 'timeout=1', undefined],
      ['client.header.trailer', 'X-End', undefined],
      ['client.header.upgrade', 'websocket', undefined],
    ],
    there: '`Connection`, `Keep-Alive`, `Trailer` and `Upgrade` that the application sets reach the client',
    here: 'neither sent by the connector nor forwarded by the balancer',
    why: 'they would speak of a connection that the application does not have',
  },
  {
    id: 'refusals-of-the-connector',
    in: CONNECTOR,
    cases: ['a wrong secret', 'no secret where one is wanted', 'a wrong secret, with a body', 'CONNECT'],
    facts: [['client.page', 'Tomcat', 'connector']],
    there: 'A wrong or missing secret is 403, CONNECT is 501, with Tomcat’s page',
    here: 'the same with a line of text',
    why: 'the page tells a stranger what answers',
  },
  {
    id: 'length-of-nothing',
    in: ['mod_jk-clowder', 'clowder-clowder'],
    facts: [['app.header.content-length', '0', undefined]],
    there: 'The application sees `Content-Length: 0` for a request without a body, since AJP needs it',
    here: 'not for GET, HEAD, DELETE, OPTIONS and TRACE',
    why: 'over HTTP nobody sends it there, and libraries tell by it whether there is a body',
  },
  {
    id: 'underscores-in-hosts',
    in: CONNECTOR,
    cases: ['Host with an underscore'],
    facts: reached,
    there: 'A `Host` with an underscore is refused by Tomcat',
    here: 'taken',
    why: 'httpd and Node take it, and such names exist',
  },
  {
    id: 'paths-that-tomcat-refuses',
    in: BEHIND_HTTPD,
    cases: ['Latin-1 percent-encoded path', '%5C'],
    facts: reached,
    there: 'A path with an encoded backslash, or with bytes that are not UTF-8, is refused by Tomcat',
    here: 'the application gets it as it came; our balancer refuses it',
    why: 'as with `node:http`: how a path is decoded is the application’s business',
  },
  {
    id: 'fails-after-it-began',
    in: EVERYWHERE,
    cases: [
      'an application that fails after it began to answer',
      'an application that fails in an answer of known length',
      'an application that fails when the client has read the beginning',
    ],
    facts: [
      ['client.status', '200', /^50[23]$/],
      ['client.page', undefined, 'httpd'],
      ['client.page', undefined, /^balancer LB_REPLY_CUT$/],
      ['client.ending', 'complete', 'cut'],
      ['client.ending', 'cut', 'complete'],
      ['client.connection', 'serves the next', 'closed'],
      ['client.connection', 'closed', 'serves the next'],
      ['client.header.connection', undefined, 'close'],
      ['client.header.content-length', undefined, '100'],
      ['client.sha256', /./, undefined],
      ['client.bytes', /^\d+$/, '5'],
      ['client.text', /^half\nhalf\n<!DOCTYPE/, 'half\n'],
      ['client.text', undefined, 'half\n'],
    ],
    there:
      'Tomcat never ends the answer. mod_jk executes the request again after `reply_timeout`, and the client gets the parts of both answers and an error page in one; mod_proxy_ajp cuts the answer after its timeout',
    here: 'the connector closes its connection, the balancer waits for `replyTimeoutMs` at most: a cut answer, or 502 when nothing had gone out. What mod_jk makes of a closed connection is not ours to change',
    why: 'two answers in one are worse than none',
  },
  {
    id: 'answers-of-another-length',
    in: BEHIND_HTTPD,
    cases: ['fewer bytes than announced', 'fewer bytes than announced, and flushed', 'more bytes than announced'],
    facts: [
      ['client.status', '200', '503'],
      ['client.page', undefined, 'httpd'],
      ['client.ending', 'cut', 'complete'],
      ['client.ending', 'complete', 'cut'],
      ['client.connection', 'serves the next', 'closed'],
      ['client.header.connection', undefined, 'close'],
      ['client.bytes', '7', '3'],
      ['client.text', 'longer\n', 'lon'],
    ],
    there: 'An answer shorter or longer than its `Content-Length` is sent so, and httpd corrects the length or not',
    here: 'the connector closes its connection behind the shorter one, which mod_jk makes a 503 of and mod_proxy_ajp a cut answer, and sends as much of the longer one as was announced',
    why: 'what is truncated must not look whole, and what is too long must not be read as the next answer',
  },
  {
    id: 'answer-fields-too-large',
    in: CONNECTOR,
    cases: ['fields that do not fit a packet'],
    facts: [
      ['client.status', /^50[34]$/, '500'],
      ['client.page', 'httpd', 'connector'],
      ['client.connection', 'serves the next', 'closed'],
      ['client.header.connection', undefined, 'close'],
    ],
    there:
      'Tomcat sends nothing at all when the fields of an answer do not fit a packet, until somebody loses patience',
    here: '500 at once',
    why: 'an error that shows can be repaired',
  },
  {
    id: 'doubled-codings',
    in: ['mod_proxy_ajp-clowder'],
    cases: ['Transfer-Encoding: chunked, twice'],
    sometimes: 'or never',
    facts: [['app', 'reached', 'not reached']],
    there: 'mod_proxy_ajp forwards a request with `Transfer-Encoding: chunked, chunked` before it fails over its body',
    here: 'the connector refuses it',
    why: 'only exactly `chunked` says where a body ends (CVE-2022-26377)',
  },
  {
    id: 'trace-behind-mod-proxy-ajp',
    in: ['mod_proxy_ajp-clowder'],
    cases: ['TRACE'],
    facts: [
      ['client.status', '405', '200'],
      ['app', 'not reached', 'reached'],
    ],
    there: 'mod_proxy_ajp forwards TRACE; Tomcat refuses it (`allowTrace`)',
    here: 'the application gets it',
    why: 'as with `node:http`',
  },
]
