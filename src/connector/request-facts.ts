/**
 * What a web server tells about a request besides HTTP: `req.ajp`. Read-only, and read from the packet when somebody
 * asks. The secret is not in here.
 */
import { type ForwardRequest, NAMED } from '../ajp/index.ts'

/** Named attributes that have a place of their own. */
const PLACED: ReadonlySet<string> = new Set([NAMED.REMOTE_PORT, NAMED.LOCAL_ADDR, NAMED.SSL_PROTOCOL])

/** What is known of the TLS connection between client and web server. */
export interface TlsFacts {
  /** OpenSSL's name, `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string | null
  readonly keySize: number | null
  readonly sessionId: string | null
  /** `TLSv1.3`. */
  readonly protocol: string | null
  /** The certificate of the client as PEM, maybe with its chain behind it; null when it showed none. */
  readonly clientCertificate: string | null
}

export class AjpFacts {
  readonly #request: ForwardRequest
  readonly #believesUser: boolean
  #tls: TlsFacts | null | undefined
  #attributes: ReadonlyMap<string, string> | undefined

  constructor(request: ForwardRequest, believesUser: boolean) {
    this.#request = request
    this.#believesUser = believesUser
  }

  /** As the web server wrote it: `HTTP/1.1`. */
  get protocol(): string | null {
    return this.#request.protocol
  }

  /** Name of the client's host, if the web server looks names up. */
  get remoteHost(): string | null {
    return this.#request.remoteHost
  }

  get serverName(): string | null {
    return this.#request.serverName
  }

  get serverPort(): number {
    return this.#request.serverPort
  }

  get isSecure(): boolean {
    return this.#request.isSsl
  }

  /** Null unless the web server's authentication is believed: `tomcatAuthentication: false`. */
  get remoteUser(): string | null {
    return this.#believesUser ? this.#request.attributes.remoteUser : null
  }

  /** Null with `remoteUser`. */
  get authType(): string | null {
    return this.#believesUser ? this.#request.attributes.authType : null
  }

  /** Route of the worker the balancer chose. */
  get jvmRoute(): string | null {
    return this.#request.attributes.jvmRoute
  }

  /** What the balancer thinks of this worker: `ACT`, `DIS` (only sessions that are here) or `STP`. */
  get activation(): string | null {
    return namedAttribute(this.#request, NAMED.LB_ACTIVATION)
  }

  /** Null for a request that came without TLS. */
  get tls(): TlsFacts | null {
    this.#tls ??= this.#request.isSsl ? tlsFacts(this.#request) : null
    return this.#tls
  }

  /** Request attributes by name, those for which other members exist left out. */
  get attributes(): ReadonlyMap<string, string> {
    this.#attributes ??= otherAttributes(this.#request)
    return this.#attributes
  }

  /** For logs: everything, with the attributes as an object. */
  toJSON(): Record<string, unknown> {
    const { protocol, remoteHost, serverName, serverPort, isSecure, remoteUser, authType } = this
    const { jvmRoute, activation, tls, attributes } = this
    return {
      protocol,
      remoteHost,
      serverName,
      serverPort,
      isSecure,
      remoteUser,
      authType,
      jvmRoute,
      activation,
      tls,
      attributes: Object.fromEntries(attributes),
    }
  }
}

function tlsFacts(request: ForwardRequest): TlsFacts {
  const { attributes } = request
  return {
    cipher: attributes.sslCipher,
    keySize: attributes.sslKeySize,
    sessionId: attributes.sslSession,
    protocol: namedAttribute(request, NAMED.SSL_PROTOCOL),
    clientCertificate: attributes.sslCert,
  }
}

function otherAttributes({ attributes: { named } }: ForwardRequest): ReadonlyMap<string, string> {
  const others = new Map<string, string>()
  for (let i = 0; i < named.length; i += 2) {
    if (!PLACED.has(named[i]!)) others.set(named[i]!, named[i + 1]!)
  }
  return others
}

/** Of an attribute that comes twice the last counts, as in Tomcat. */
export function namedAttribute({ attributes: { named } }: ForwardRequest, name: string): string | null {
  for (let i = named.length - 2; i >= 0; i -= 2) {
    if (named[i] === name) return named[i + 1]!
  }
  return null
}
