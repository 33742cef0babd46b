/**
 * FORWARD_REQUEST as values: what a web server tells the container about one request (ajp13.md 2). Bytes to these values
 * and back is the business of decode-forward-request.ts and encode-forward-request.ts.
 */
import type { HeaderSection } from './header-section.ts'

/** What both ends know of a request, headers apart. */
export interface RequestFacts {
  readonly method: string
  /** `HTTP/1.1` and the like; passed on unread. */
  readonly protocol: string | null
  /** Path, still percent-encoded, without a query; or `*`. */
  readonly uri: string
  /** Null without `?` in the target, empty when nothing follows it. */
  readonly queryString: string | null
  readonly remoteAddr: string | null
  readonly remoteHost: string | null
  readonly serverName: string | null
  readonly serverPort: number
  readonly isSsl: boolean
  readonly attributes: RequestAttributes
}

/** A request as it arrived. */
export interface ForwardRequest extends RequestFacts {
  /** Name, value, name, value, as in Node's `rawHeaders`. Names that came as codes are in lower case. */
  readonly headers: string[]
  /** The content-length, or UNKNOWN_LENGTH. */
  readonly bodyLength: number
  /** `transfer-encoding: chunked`: a body of unknown length follows on demand. */
  readonly isChunked: boolean
}

/** A request to be sent. */
export interface RequestToForward extends RequestFacts {
  /** Name, value, name, value; or encoded once by `encodeRequestHeaders` for many requests that share them. */
  readonly headers: readonly string[] | HeaderSection
}

/** Absent and null are the same, for each of them. Of a repeated one the last counts (Tomcat), the secret excepted. */
export interface RequestAttributes {
  /** Never sent by mod_jk or httpd, dropped by Tomcat. */
  readonly context: string | null
  /** As `context`. */
  readonly servletPath: string | null
  readonly remoteUser: string | null
  readonly authType: string | null
  readonly jvmRoute: string | null
  /** PEM, one block or a chain. */
  readonly sslCert: string | null
  readonly sslCipher: string | null
  readonly sslSession: string | null
  readonly sslKeySize: number | null
  /** Null also when two came that differ: no secret matches both. Never to be logged. */
  readonly secret: string | null
  /** Attributes with names of their own: name, value, name, value. */
  readonly named: readonly string[]
}

export const NO_ATTRIBUTES: RequestAttributes = Object.freeze({
  context: null,
  servletPath: null,
  remoteUser: null,
  authType: null,
  jvmRoute: null,
  sslCert: null,
  sslCipher: null,
  sslSession: null,
  sslKeySize: null,
  secret: null,
  named: Object.freeze([]),
})
