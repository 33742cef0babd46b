/**
 * What a web server tells about a request besides HTTP: `req.ajp`. Read-only, and made when somebody asks. The secret is
 * not in here.
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
  /** As the web server wrote it: `HTTP/1.1`. */
  readonly protocol: string | null
  /** Name of the client's host, if the web server looks names up. */
  readonly remoteHost: string | null
  readonly serverName: string | null
  readonly serverPort: number
  readonly isSecure: boolean
  /** Null unless the web server's authentication is believed: `tomcatAuthentication: false`. */
  readonly remoteUser: string | null
  readonly authType: string | null
  /** Route of the worker the balancer chose. */
  readonly jvmRoute: string | null
  /** What the balancer thinks of this worker: `ACT`, `DIS` (only sessions that are here) or `STP`. */
  readonly activation: string | null
  /** Null for a request that came without TLS. */
  readonly tls: TlsFacts | null
  /** Request attributes by name, those for which other members exist left out. */
  readonly attributes: ReadonlyMap<string, string>

  constructor(request: ForwardRequest, believesUser: boolean) {
    const { attributes } = request
    this.protocol = request.protocol
    this.remoteHost = request.remoteHost
    this.serverName = request.serverName
    this.serverPort = request.serverPort
    this.isSecure = request.isSsl
    this.remoteUser = believesUser ? attributes.remoteUser : null
    this.authType = believesUser ? attributes.authType : null
    this.jvmRoute = attributes.jvmRoute
    this.activation = namedAttribute(request, NAMED.LB_ACTIVATION)
    this.tls = request.isSsl
      ? {
          cipher: attributes.sslCipher,
          keySize: attributes.sslKeySize,
          sessionId: attributes.sslSession,
          protocol: namedAttribute(request, NAMED.SSL_PROTOCOL),
          clientCertificate: attributes.sslCert,
        }
      : null
    const others = new Map<string, string>()
    const { named } = attributes
    for (let i = 0; i < named.length; i += 2) {
      if (!PLACED.has(named[i]!)) others.set(named[i]!, named[i + 1]!)
    }
    this.attributes = others
  }
}

/** Of an attribute that comes twice the last counts, as in Tomcat. */
export function namedAttribute({ attributes: { named } }: ForwardRequest, name: string): string | null {
  for (let i = named.length - 2; i >= 0; i -= 2) {
    if (named[i] === name) return named[i + 1]!
  }
  return null
}
