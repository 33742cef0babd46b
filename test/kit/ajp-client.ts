/** A web server that sends GETs over one AJP connection, one after the other, for tests of a worker's connectors. */
import { connect, type Socket } from 'node:net'
import {
  decodeChunk,
  decodeEnd,
  decodeSendHeaders,
  encodeForwardRequest,
  MAGIC,
  MESSAGE,
  MIN_PACKET_BYTES,
  NO_ATTRIBUTES,
  PacketReader,
  PacketWriter,
  type RequestAttributes,
  type ResponseHead,
  responseMessage,
} from '../../src/ajp/index.ts'

export interface AjpAnswer {
  readonly status: number
  /** Of the last field of a name, in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  /** Whether the connection takes another request. */
  readonly isReusable: boolean
}

export class AjpClient {
  readonly #socket: Socket
  readonly #reader = new PacketReader(MAGIC.RESPONSE, MIN_PACKET_BYTES)
  #isClosed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('close', () => {
      this.#isClosed = true
    })
    this.#socket.on('error', () => {})
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Rejects when the connection ends before the answer does. */
  async get(uri: string, cookie = '', attributes: Partial<RequestAttributes> = {}): Promise<AjpAnswer> {
    const writer = new PacketWriter()
    encodeForwardRequest(writer, {
      ...FACTS,
      uri,
      headers: ['host', 'a.example', 'cookie', cookie],
      attributes: { ...NO_ATTRIBUTES, ...attributes },
    })
    this.#socket.write(writer.take())
    return this.#answer()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #answer(): Promise<AjpAnswer> {
    return new Promise((resolve, reject) => {
      let head: ResponseHead | undefined
      let text = ''
      const cut = (): void => reject(new Error(`the connection ended after ${JSON.stringify(text)}`))
      const read = (chunk: Buffer): void => {
        this.#reader.push(chunk)
        for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) {
          const type = responseMessage(packet)
          if (type === MESSAGE.SEND_HEADERS) head = decodeSendHeaders(packet)
          else if (type === MESSAGE.SEND_BODY_CHUNK) text += decodeChunk(packet).toString('latin1')
          else if (type === MESSAGE.END_RESPONSE) {
            this.#socket.off('data', read)
            this.#socket.off('close', cut)
            const { status, headers } = head!
            const pairs = headers.flatMap((name, at) =>
              at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1]!] as const] : [],
            )
            resolve({ status, headers: new Map(pairs), text, isReusable: decodeEnd(packet) })
          }
        }
      }
      this.#socket.on('data', read)
      this.#socket.once('close', cut)
    })
  }
}

const FACTS = {
  method: 'GET',
  protocol: 'HTTP/1.1',
  queryString: null,
  remoteAddr: '203.0.113.7',
  remoteHost: null,
  serverName: 'a.example',
  serverPort: 80,
  isSsl: false,
} as const
