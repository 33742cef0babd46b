/**
 * The socket under an HTTP connection to a backend: TCP, read into buffers that are used again, or TLS. What travels on
 * it is `forward-http.ts`'s affair.
 */
import { channel } from 'node:diagnostics_channel'
import net from 'node:net'
import tls from 'node:tls'
import { ReadBuffers } from './buffers.ts'
import { nameOptions } from './look-up.ts'

export interface HttpSocketTarget {
  readonly host: string
  readonly port: number
  readonly source: string | undefined
  readonly preferIpv6: boolean
  readonly encrypted: boolean
  readonly keepalive: boolean
}

/** What a connection wants to know of its socket, apart from the events of `net`. */
export interface HttpSocketUser {
  connected(): void
  /** `isOwned`: the bytes are ours to keep; else the buffer is read into again once this returns. */
  read(buffer: Buffer, bytes: number, isOwned: boolean): void
  /** Nothing more can be sent. What the backend had sent before that still comes, and then `end` or `error`. */
  writeFailed(error: Error): void
}

export interface HttpSocket {
  readonly socket: net.Socket
  /** What it reads into; none with TLS, which brings its own. */
  readonly buffers: ReadBuffers | undefined
}

/** Begins to connect. */
export function openHttpSocket(target: HttpSocketTarget, user: HttpSocketUser): HttpSocket {
  return target.encrypted ? openTls(target, user) : openTcp(target, user)
}

/** Where `net.connect` tells of its sockets. */
const opened = channel('net.client.socket')

function openTcp({ host, port, source, preferIpv6, keepalive }: HttpSocketTarget, user: HttpSocketUser): HttpSocket {
  const buffers = new ReadBuffers()
  const socket = new TcpSocket(buffers, user)
  opened.publish({ socket })
  socket.on('connect', () => user.connected())
  socket.connect({
    host,
    port,
    noDelay: true,
    keepAlive: keepalive,
    ...(source === undefined ? {} : { localAddress: source }),
    ...nameOptions(preferIpv6),
  })
  return { socket, buffers }
}

type Written = (error?: Error | null) => void

/**
 * A backend that refuses a large body answers and closes before it has read it all. The next write then fails, upon which
 * a socket of `net` destroys itself, and with it the answer that has arrived but was not read yet. This one reports the
 * failure, throws away what is written from then on, and ends by the side that reads.
 */
class TcpSocket extends net.Socket {
  readonly #user: HttpSocketUser
  #isBroken = false

  constructor(buffers: ReadBuffers, user: HttpSocketUser) {
    const options: net.SocketConstructorOpts & net.ConnectOpts = {
      onread: {
        buffer: () => buffers.next(),
        callback: (bytes, buffer) => {
          user.read(buffer as Buffer, bytes, false)
          return true
        },
      },
    }
    super(options)
    this.#user = user
  }

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#isBroken) written()
    else super._write(chunk, encoding, (error) => this.#written(error, written))
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    if (this.#isBroken) written()
    else super._writev!(chunks, (error) => this.#written(error, written))
  }

  #written(error: Error | null | undefined, written: Written): void {
    if (error && !this.destroyed) {
      this.#isBroken = true
      this.#user.writeFailed(error)
    }
    written()
  }
}

function openTls({ host, port, source, preferIpv6, keepalive }: HttpSocketTarget, user: HttpSocketUser): HttpSocket {
  const socket = tls.connect({
    host,
    port,
    ALPNProtocols: ['http/1.1'],
    ...(source === undefined ? {} : { localAddress: source }),
    ...nameOptions(preferIpv6),
    ...(net.isIP(host) ? {} : { servername: host }),
  })
  socket.setNoDelay(true)
  if (keepalive) socket.setKeepAlive(true)
  socket.on('secureConnect', () => user.connected())
  socket.on('data', (chunk: Buffer) => user.read(chunk, chunk.length, true))
  return { socket, buffers: undefined }
}
