/** Requests and responses of every kind that can be sent. */
import fc from 'fast-check'
import { CHAR, type CharClass, LABEL, PATH, PEM, QUERY, TEXT, TOKEN, VALUE } from '../chars.ts'
import { METHODS } from '../constants.ts'
import type { RequestToForward } from '../forward-request.ts'
import type { ResponseToSend } from '../send-headers.ts'

/** Objects as our code makes them, so that they compare equal. */
const PLAIN = { noNullPrototype: true }

function textOf(charClass: CharClass, minLength: number, maxLength: number): fc.Arbitrary<string> {
  const members = Array.from({ length: 256 }, (_, c) => c).filter((c) => (CHAR[c]! & charClass) !== 0)
  const char = fc.constantFrom(...members.map((c) => String.fromCharCode(c)))
  return fc.string({ unit: char, minLength, maxLength })
}

const text = textOf(TEXT, 0, 50)
const nullable = fc.option(text)
const token = textOf(TOKEN, 1, 40)
const value = textOf(VALUE, 0, 80)
const flat = (pair: fc.Arbitrary<[string, string]>, maxLength: number) =>
  fc.array(pair, { maxLength }).map((list) => list.flat())

/** Names with a code in lower case, as they come back; none that decides about body or host. */
const codedRequestName = fc.constantFrom(
  'accept',
  'accept-language',
  'cookie',
  'cookie2',
  'pragma',
  'referer',
  'user-agent',
)
const stringName = token.filter(
  (name) => !/^(accept|authorization|connection|content-|cookie|host|pragma|referer|user-|transfer-)/i.test(name),
)
const requestHeader = fc.tuple(fc.oneof(codedRequestName, stringName), value)

const framing = fc.oneof(
  fc.constant([]),
  fc.nat().map((length) => ['content-length', String(length)]),
  fc.constantFrom('chunked', 'Chunked').map((coding) => ['Transfer-Encoding', coding]),
)
const host = fc.oneof(
  fc.constant([]),
  textOf(LABEL, 1, 20)
    .filter((label) => !label.startsWith('-'))
    .map((label) => ['host', `${label}.example.com:8080`]),
)

export const arbitraryRequest: fc.Arbitrary<RequestToForward & { readonly headers: readonly string[] }> = fc.record(
  {
    method: fc.oneof(fc.constantFrom(...METHODS.slice(1)), token),
    protocol: nullable,
    uri: fc.oneof(
      textOf(PATH, 0, 60).map((path) => `/${path}`),
      fc.constant('*'),
    ),
    queryString: fc.option(textOf(QUERY, 0, 60)),
    remoteAddr: nullable,
    remoteHost: nullable,
    serverName: nullable,
    serverPort: fc.nat(65_535),
    isSsl: fc.boolean(),
    headers: fc.tuple(host, flat(requestHeader, 20), framing).map((parts) => parts.flat()),
    attributes: fc.record(
      {
        context: nullable,
        servletPath: nullable,
        remoteUser: nullable,
        authType: nullable,
        jvmRoute: nullable,
        sslCert: fc.option(textOf(PEM, 0, 200)),
        sslCipher: nullable,
        sslSession: nullable,
        sslKeySize: fc.option(fc.nat(65_535)),
        secret: nullable,
        named: flat(fc.tuple(text, text), 6),
      },
      PLAIN,
    ),
  },
  PLAIN,
)

const codedResponseName = fc.constantFrom('Content-Type', 'Set-Cookie', 'Location', 'Status', 'WWW-Authenticate')
const responseName = token.filter((name) => !/^(content-|date|last-|location|set-|servlet-|status|www-)/i.test(name))

export const arbitraryResponse: fc.Arbitrary<ResponseToSend> = fc.record(
  {
    status: fc.integer({ min: 200, max: 999 }),
    message: textOf(VALUE, 1, 40),
    headers: flat(fc.tuple(fc.oneof(codedResponseName, responseName), value), 20),
  },
  PLAIN,
)
