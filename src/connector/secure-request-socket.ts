/** The socket of a request that came to the web server with TLS: what it says of that, as a `tls.TLSSocket` does. */
import { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from 'node:tls'
import { type ForwardRequest, NAMED } from '../ajp/index.ts'
import { namedAttribute } from './request-facts.ts'
import { RequestSocket, type SocketOwner } from './request-socket.ts'

const PEM_END = '-----END CERTIFICATE-----'

export class SecureRequestSocket extends RequestSocket {
  override readonly encrypted = true
  readonly alpnProtocol = false
  readonly #forwarded: ForwardRequest

  constructor(request: ForwardRequest, owner: SocketOwner) {
    super(request, owner)
    this.#forwarded = request
  }

  /** The web server has let a client certificate pass. How strict it was is for its configuration (SSLVerifyClient). */
  get authorized(): boolean {
    const { sslCert } = this.#forwarded.attributes
    return sslCert !== null && sslCert !== ''
  }

  get authorizationError(): string | null {
    return this.authorized ? null : 'UNABLE_TO_GET_ISSUER_CERT'
  }

  get servername(): string | null {
    return this.#forwarded.serverName
  }

  getProtocol(): string | null {
    return namedAttribute(this.#forwarded, NAMED.SSL_PROTOCOL)
  }

  getCipher(): { name: string; standardName: string; version: string } | Record<string, never> {
    const name = this.#forwarded.attributes.sslCipher
    if (name === null) return {}
    return { name, standardName: name, version: this.getProtocol() ?? 'unknown' }
  }

  getSession(): Buffer | undefined {
    const { sslSession } = this.#forwarded.attributes
    return sslSession === null ? undefined : Buffer.from(sslSession, 'hex')
  }

  /** An empty object without a certificate, or with one that cannot be read. */
  getPeerCertificate(detailed = false): PeerCertificate | Record<string, never> {
    const chain = this.#certificates().map((certificate) => certificate.toLegacyObject())
    if (detailed) {
      for (const [i, certificate] of chain.entries()) {
        Object.assign(certificate, { issuerCertificate: chain[i + 1] ?? certificate })
      }
    }
    return (chain[0] as PeerCertificate | undefined) ?? {}
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    return this.#certificates()[0]
  }

  #certificates(): X509Certificate[] {
    const pem = this.#forwarded.attributes.sslCert
    if (pem === null) return []
    try {
      return pem
        .split(PEM_END)
        .slice(0, -1)
        .map((block) => new X509Certificate(block + PEM_END))
    } catch {
      return []
    }
  }
}
