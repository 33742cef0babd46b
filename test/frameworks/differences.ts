/**
 * Every difference between an app that is asked straight and the same app behind the balancer, with its reason; told
 * in `docs/reference/differences.md`. The test fails for a difference that no entry explains, and for an entry that no
 * difference needs.
 */
import type { KnownDifference } from './explain.ts'

const BOTH = ['over http', 'over ajp'] as const
const HTTP = ['over http'] as const
const AJP = ['over ajp'] as const

/** Fields of one hop (RFC 9110 7.6.1), and what the scenes name in Connection. */
const HOP = 'connection|keep-alive|te|upgrade|x-hop|proxy-connection'
const FORWARDED = 'x-forwarded-for|x-forwarded-proto|x-forwarded-host|x-forwarded-port|forwarded'

/** A field of the request in every form in which apps see it. */
const asked = (names: string): RegExp => new RegExp(`^app: (?:field|noted headers(?:Distinct)?)[ .](?:${names})$`)
const answered = (names: string): RegExp => new RegExp(`^answer: field (?:${names})$`)

/** Entries are tried in order. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  // Connections.
  {
    what: 'Connection and Keep-Alive of an answer are those of the balancer',
    why: 'they belong to one hop (RFC 9110 7.6.1); the balancer keeps the connection of its client as it is configured',
    over: BOTH,
    facets: answered('connection|keep-alive'),
    there: null,
  },
  {
    what: 'fields that Connection names do not reach the client',
    why: 'they belong to one hop (RFC 9110 7.6.1)',
    over: BOTH,
    facets: answered('x-hop'),
    scenes: /connection-options/,
    there: null,
  },
  {
    what: "a client's fields for its connection do not reach the app",
    why: 'they belong to one hop (RFC 9110 7.6.1)',
    over: BOTH,
    facets: asked(HOP),
    there: null,
  },
  {
    what: 'an app that closes its connection does not close that of the client',
    why: 'they are two connections',
    over: BOTH,
    facets: /^connection afterwards$/,
    straight: /^closed$/,
    there: /^serves$/,
  },
  {
    what: 'an answer that begins before the request has ended closes the connection of the client',
    why: 'what the app leaves unread must not be taken for the next request; whether anything was left is not known when the head goes out',
    over: BOTH,
    facets: /^(?:connection afterwards|answer: field connection)$/,
    scenes: /^an answer that begins while the body is read$/,
    there: /^(?:closed|Connection: close)$/,
  },
  // Versions, targets, methods.
  {
    what: 'HTTP/1.0 is answered with a length or closed by the balancer, and may stay open',
    why: 'the app is asked in HTTP/1.1; the balancer speaks the version of each client',
    over: BOTH,
    facets: /^(?:app: request line|app: noted version|app: events|answer: field (?:content-length|connection|order))$/,
    scenes: /HTTP\/1\.0/,
  },
  {
    what: 'dots and double slashes in a path are resolved before the app sees it',
    why: 'mounts are chosen by the path that the app gets, as httpd does; otherwise rules could be passed by',
    over: BOTH,
    facets: /./,
    scenes: /^a path with (?:dot segments|double slashes)$/,
  },
  {
    what: 'a target in absolute form reaches the app as a path',
    why: 'that form is for proxies (RFC 9112 3.2.2)',
    over: BOTH,
    facets: /^app: (?:request line|events)$/,
    scenes: /absolute form/,
    there: /GET \/hello\?a=1 /,
  },
  {
    what: 'an encoded slash, a NUL, or ill-formed percent encoding in a path is refused',
    why: 'Tomcat and httpd refuse them too: what stands behind the balancer may read them in different ways',
    over: BOTH,
    facets: /./,
    scenes: /^(?:an encoded slash in a parameter|ill-formed percent encoding|a way out of the folder|a NUL in a path)$/,
  },
  {
    what: "the app's own server refuses a method that it does not know",
    why: "llhttp's 400 comes from the app's end and ends its connection; the balancer passes on every token",
    over: HTTP,
    facets: /^answer: field transfer-encoding$/,
    scenes: /nobody knows/,
    there: /^Transfer-Encoding: chunked$/,
  },
  {
    what: 'a method that node:http does not know reaches the app',
    why: 'AJP carries any name (ajp13.md 3.3, stored method), and llhttp, which refuses it, does not stand before the app',
    over: AJP,
    facets: /./,
    scenes: /^a method that nobody knows$/,
  },
  // Who asks.
  {
    what: 'X-Forwarded-* and Forwarded say who asks',
    why: 'over HTTP the app has no other way to know (`trust proxy`)',
    over: HTTP,
    facets: asked(FORWARDED),
    there: /127\.0\.0\.\d|http|app\.example|\[::1\]:8080|^(?:X-Forwarded-Port: |\[")?\d+(?:"\])?$/,
  },
  {
    what: 'X-Forwarded-* and Forwarded of a client that is not a trusted proxy do not reach the app',
    why: 'anybody can write them',
    over: AJP,
    facets: asked(FORWARDED),
    there: null,
  },
  {
    what: 'fields that the balancer writes anew stand behind the others',
    why: 'the order of fields with different names means nothing (RFC 9110 5.3)',
    over: HTTP,
    facets: /^app: field order$/,
  },
  {
    what: 'what a client says of proxies before it is not believed',
    why: 'the client is not a trusted proxy; the app, which trusts the balancer, gets the truth',
    over: BOTH,
    facets:
      /^(?:app: noted (?:ip|ips|protocol|secure|host|hostname|port|origin|href|subdomains|url)|app: events|answer: body|answer: field (?:content-length|etag))$/,
    scenes: /^who asks, as told by a proxy$/,
  },
  {
    what: 'the app gets the address of the client without asking for it, or that of the balancer',
    why: 'over HTTP the socket is that of the balancer',
    over: HTTP,
    facets: /^app: noted (?:remote address|address|ips)$|^app: events$/,
    scenes: /^(?:facts of the socket|who asks)/,
  },
  // Framing.
  {
    what: 'Content-Length, Transfer-Encoding and Date of an answer stand elsewhere among its fields',
    why: 'the balancer frames the answer itself; the order of fields with different names means nothing (RFC 9110 5.3)',
    over: BOTH,
    facets: /^answer: field order$/,
  },
  {
    what: 'Content-Length is spelled as the balancer spells it',
    why: 'the balancer frames the answer itself; names have no case (RFC 9110 5.1)',
    over: BOTH,
    facets: answered('content-length'),
    isSpelling: true,
  },
  {
    what: 'an answer to HEAD has no Transfer-Encoding',
    why: 'it may be left out (RFC 9112 6.1), and nothing is transferred',
    over: BOTH,
    facets: answered('transfer-encoding'),
    scenes: /HEAD/,
    there: null,
  },
  {
    what: 'an answer that ends with its connection comes in chunks',
    why: 'so its end can be told from a failure (RFC 9112 6.3)',
    over: HTTP,
    facets: answered('transfer-encoding'),
    scenes: /^GET \/status\/205$/,
    frameworks: ['Koa'],
    straight: null,
  },
  {
    what: 'Transfer-Encoding is spelled as the balancer spells it',
    why: 'the balancer frames the answer itself; names have no case (RFC 9110 5.1)',
    over: BOTH,
    facets: answered('transfer-encoding'),
    isSpelling: true,
  },
  {
    what: 'a client that has ended its side is told that the connection closes',
    why: 'it cannot ask again; node:http says keep-alive and closes',
    over: BOTH,
    facets: answered('connection'),
    scenes: /^a client that has said everything$/,
    there: /^Connection: close$/,
  },
  // Failures.
  {
    what: 'an app that cuts its connection before it has answered becomes a 502; GET is tried once more',
    why: 'the balancer owes its client an answer',
    over: BOTH,
    facets: /./,
    scenes: /^(?:a missing file through pipeline\(\)|an app that destroys its request at once)$/,
  },
  {
    what: 'an unknown expectation is refused by the balancer',
    why: 'the expectation is for the next hop (RFC 9110 10.1.1)',
    over: BOTH,
    facets: /./,
    scenes: /^an expectation that nobody knows$/,
  },
  // What AJP carries otherwise.
  {
    what: 'names of frequent fields have the spelling of the protocol',
    why: 'AJP sends them as a number (ajp13.md 3.4); names have no case (RFC 9110 5.1), and req.headers has them in lower case anyway',
    over: AJP,
    facets:
      /^app: field (?:accept|accept-charset|accept-encoding|accept-language|authorization|content-type|content-length|cookie|host|pragma|referer|user-agent)$/,
    isSpelling: true,
  },
  {
    what: 'names of frequent fields of an answer have the spelling of the protocol',
    why: 'AJP sends them as a number (ajp13.md 4.2); names have no case (RFC 9110 5.1)',
    over: AJP,
    facets: answered('content-type|content-language|date|last-modified|location|set-cookie|status|www-authenticate'),
    isSpelling: true,
  },
  {
    what: 'a request without a body has a Content-Length of 0',
    why: 'so AJP says that nothing will come, as mod_jk does; without it the container would have to ask (ajp13.md 3.2)',
    over: AJP,
    facets: asked('content-length'),
    straight: null,
    there: /^(?:content-length: 0|0|\["0"\])$/,
  },
  {
    what: 'a short answer without a length is not sent in chunks',
    why: 'the balancer has read all of it before the head goes out',
    over: AJP,
    facets: answered('transfer-encoding'),
    there: null,
  },
  {
    what: 'a short answer without a length gets one',
    why: 'the balancer has read all of it before the head goes out',
    over: AJP,
    facets: answered('content-length'),
    straight: null,
    there: /^Content-Length: \d+$/,
  },
  {
    what: 'a 304 does not say how long the answer would be',
    why: 'it may (RFC 9110 8.6), and AJP has no place where it would mean the same',
    over: AJP,
    facets: answered('content-length'),
    scenes: /not-modified/,
    there: null,
  },
  {
    what: 'an answer without Date gets one',
    why: 'who passes on an answer without Date adds it (RFC 9110 6.6.1); AJP containers leave it to the web server',
    over: AJP,
    facets: answered('date'),
    scenes: /no-date/,
    straight: null,
    there: /^Date: now$/,
  },
  {
    what: 'an empty reason becomes the usual one',
    why: 'AJP cannot tell an empty reason from none (ajp13.md 4.2)',
    over: AJP,
    facets: /^answer: status line$/,
    scenes: /empty-reason/,
    there: / OK$/,
  },
  {
    what: 'a Latin-1 field arrives as it was set',
    why: 'node:http encodes the head like the text that goes out with it, here in UTF-8; AJP has a head of its own',
    over: AJP,
    facets: answered('x-latin'),
    there: /caf\xe9$/,
  },
  {
    what: 'interim responses of the app do not reach the client',
    why: 'AJP has none (ajp13.md 4.5); the balancer answers 100-continue itself, when the app asks for the body',
    over: AJP,
    facets: /^answer: interim$/,
  },
  {
    what: 'an expectation does not reach the app',
    why: 'the balancer has answered it',
    over: AJP,
    facets: /^app: (?:field expect|noted expectation)$/,
    straight: /100-continue/,
  },
  {
    what: 'trailers do not travel, nor what announces them',
    why: 'AJP has none',
    over: AJP,
    facets:
      /^(?:answer: trailers|answer: field trailer|app: field trailer|app: noted (?:announced|trailers|raw trailers))$/,
  },
  {
    what: 'a body that the app leaves unread does not end',
    why: 'over AJP it is not asked for, where node:http has to read it to find the next request',
    over: AJP,
    facets: /^app: events$/,
    straight: /request end, complete/,
    there: /^(?!.*request end).*response close/,
    scenes: /without a look|that nobody (?:read|parses)|body without type/,
  },
]
