/**
 * `req.socket` and `res.socket`: the client's connection as the web server describes it. The connection to the web server
 * carries one client's request now and another's next, so each request has a socket of its own, made when somebody asks.
 * It has what frameworks read of a `net.Socket`; bytes cannot be written past the response.
 */
import { X509Certificate } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { type AddressInfo, isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { type ForwardRequest, NAMED } from '../ajp/index.ts'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import { ConnectorError } from './errors.ts'
import { namedAttribute } from './request-facts.ts'

const PEM_END = '-----END CERTIFICATE-----'

/** What the socket asks of the request it belongs to. */
export interface SocketOwner {
  readonly clock: Clock
  /** Ends the request in the middle, as a destroyed socket does. */
  cut(error?: Error): void
  /** Nothing has moved for as long as somebody asked for. True if anybody was listening. */
  timedOut(): boolean
}

export class RequestSocket extends EventEmitter {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** Absent without TLS, as in a `net.Socket`. */
  declare readonly encrypted?: true
  readonly allowHalfOpen = false
  readonly connecting = false
  readonly pending = false
  bytesRead = 0
  bytesWritten = 0
  timeout = 0
  destroyed = false
  errored: Error | null = null
  readonly #owner: SocketOwner
  #timer: TimerHandle
  #movedAtMs = 0

  constructor(request: ForwardRequest, owner: SocketOwner) {
    super()
    this.#owner = owner
    this.remoteAddress = request.remoteAddr ?? undefined
    this.remotePort = portOf(namedAttribute(request, NAMED.REMOTE_PORT))
    this.localAddress = namedAttribute(request, NAMED.LOCAL_ADDR) ?? undefined
    this.localPort = request.serverPort
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress)
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress)
  }

  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open'
  }

  get readable(): boolean {
    return !this.destroyed
  }

  get writable(): boolean {
    return !this.destroyed
  }

  get closed(): boolean {
    return this.destroyed
  }

  get readableEnded(): boolean {
    return this.destroyed
  }

  get writableEnded(): boolean {
    return this.destroyed
  }

  get writableFinished(): boolean {
    return this.destroyed
  }

  get writableLength(): number {
    return 0
  }

  get bufferSize(): number {
    return 0
  }

  address(): AddressInfo | Record<string, never> {
    const { localAddress: address, localFamily: family, localPort: port } = this
    return address === undefined || family === undefined || port === undefined ? {} : { address, family, port }
  }

  // Nobody sees a difference: the web server speaks TCP with the client, not we.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  pause(): this {
    return this
  }
  resume(): this {
    return this
  }
  cork(): void {}
  uncork(): void {}

  /** As that of a net.Socket: `timeout` after so long without a body byte in either direction, 0 for never. */
  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms
    this.#owner.clock.clear(this.#timer)
    this.#timer = undefined
    if (ms > 0 && !this.destroyed) {
      this.moved()
      this.#wait(ms)
    }
    if (callback !== undefined) {
      if (ms > 0) this.once('timeout', callback)
      else this.removeListener('timeout', callback)
    }
    return this
  }

  /** To be told of each piece of a body. */
  moved(): void {
    if (this.timeout > 0) this.#movedAtMs = this.#owner.clock.monotonic()
  }

  #wait(ms: number): void {
    this.#timer = this.#owner.clock.after(ms, () => {
      const leftMs = this.#movedAtMs + this.timeout - this.#owner.clock.monotonic()
      if (leftMs > 0) return this.#wait(leftMs)
      this.#timer = undefined
      const isHeard = this.emit('timeout')
      if (!this.#owner.timedOut() && !isHeard) this.destroy()
    })
  }

  write(_data: unknown, encodingOrDone?: unknown, done?: (error: Error) => void): false {
    const callback = typeof encodingOrDone === 'function' ? (encodingOrDone as (error: Error) => void) : done
    const error = new ConnectorError('CONNECTOR_RAW_WRITE')
    if (callback !== undefined) process.nextTick(callback, error)
    this.destroy(error)
    return false
  }

  end(): this {
    return this.destroy()
  }

  destroySoon(): void {
    this.destroy()
  }

  resetAndDestroy(): this {
    return this.destroy()
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this
    this.#owner.cut(error)
    this.close(error)
    return this
  }

  /** The request is over, for good or ill. Emits `close` once, as a socket does, so that what hangs on it is let go. */
  close(error?: Error): void {
    if (this.destroyed) return
    this.destroyed = true
    this.errored = error ?? null
    this.#owner.clock.clear(this.#timer)
    process.nextTick(emitClose, this, error)
  }
}

function emitClose(socket: RequestSocket, error: Error | undefined): void {
  if (error !== undefined && socket.listenerCount('error') > 0) socket.emit('error', error)
  socket.emit('close', error !== undefined)
}

/** The socket of a request that came to the web server with TLS. */
export class SecureRequestSocket extends RequestSocket {
  override readonly encrypted = true
  /** The web server has let a client certificate pass. How strict it was is for its configuration (SSLVerifyClient). */
  readonly authorized: boolean
  readonly authorizationError: string | null
  readonly alpnProtocol = false
  readonly servername: string | null
  readonly #pem: string | null
  readonly #cipher: string | null
  readonly #protocol: string | null
  readonly #session: string | null

  constructor(request: ForwardRequest, owner: SocketOwner) {
    super(request, owner)
    const { sslCert, sslCipher, sslSession } = request.attributes
    this.authorized = sslCert !== null && sslCert !== ''
    this.authorizationError = this.authorized ? null : 'UNABLE_TO_GET_ISSUER_CERT'
    this.servername = request.serverName
    this.#pem = this.authorized ? sslCert : null
    this.#cipher = sslCipher
    this.#session = sslSession
    this.#protocol = namedAttribute(request, NAMED.SSL_PROTOCOL)
  }

  getProtocol(): string | null {
    return this.#protocol
  }

  getCipher(): { name: string; standardName: string; version: string } | Record<string, never> {
    const name = this.#cipher
    if (name === null) return {}
    return { name, standardName: name, version: this.#protocol ?? 'unknown' }
  }

  getSession(): Buffer | undefined {
    return this.#session === null ? undefined : Buffer.from(this.#session, 'hex')
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
    if (this.#pem === null) return []
    try {
      return this.#pem
        .split(PEM_END)
        .slice(0, -1)
        .map((block) => new X509Certificate(block + PEM_END))
    } catch {
      return []
    }
  }
}

function familyOf(address: string | undefined): string | undefined {
  const family = address === undefined ? 0 : isIP(address)
  return family === 0 ? undefined : `IPv${family}`
}

/** Tomcat ignores what is not a number. */
function portOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}
