/**
 * The web server's end in the hands of a test: sends packets as they are and reads the answers strictly. Every packet is
 * checked for magic, exact length and order, so that no test needs to.
 */
import assert from 'node:assert/strict'
import type { Owner } from '../../../test/kit/owner.ts'
import type { RawConnection } from '../../../test/kit/raw-connection.ts'
import { rawClient } from '../../../test/kit/raw-http.ts'
import {
  decodeChunk,
  decodeEnd,
  decodeGetBody,
  decodeSendHeaders,
  HEAD_BYTES,
  MESSAGE,
  type ResponsePhase,
  responseMessage,
  responseReceived,
} from '../../ajp/index.ts'
import { type RawRequest, rawRequest, toContainer, u16 } from '../../ajp/testing/raw.ts'

const MAX_PACKET_BYTES = 65_536

export interface Answer {
  readonly status: number
  readonly message: string | null
  /** Name, value, name, value, as they came. */
  readonly headers: readonly string[]
  /** Of the first header with that name, in any letter case. */
  header(name: string): string | undefined
  readonly body: Buffer
  /** Sizes of the chunks, 0 for a flush packet. */
  readonly chunks: readonly number[]
  /** How often a packet of the body was asked for. */
  readonly asked: number
  /** END_RESPONSE says that the connection may be used again. */
  readonly isReusable: boolean
}

/** The packet of a request whose `parts` are right or wrong; with defaults of Tomcat's own test client. */
export function forward(parts: RawRequest = {}): Buffer {
  return toContainer(rawRequest(parts))
}

export function bodyPacket(data: string | Buffer): Buffer {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data
  return toContainer(Buffer.concat([u16(bytes.length), bytes]))
}

export class WebServer {
  readonly connection: RawConnection

  private constructor(connection: RawConnection) {
    this.connection = connection
  }

  static async connect(owner: Owner, port: number): Promise<WebServer> {
    return new WebServer(await rawClient(owner, port, 'web server'))
  }

  send(...packets: readonly Buffer[]): Promise<void> {
    return this.connection.send(Buffer.concat(packets))
  }

  /** The payload of the next packet. */
  async packet(): Promise<Buffer> {
    const head = await this.connection.expectBytes(HEAD_BYTES)
    assert.equal(head.toString('latin1', 0, 2), 'AB', 'the magic of a container')
    const length = head.readUInt16BE(2)
    assert.ok(length <= MAX_PACKET_BYTES - HEAD_BYTES)
    return this.connection.expectBytes(length)
  }

  /**
   * Sends the request and reads the answer to its end.
   *
   * @param body packets that are sent one by one, each when it is asked for
   */
  async ask(request: Buffer, body: readonly Buffer[] = []): Promise<Answer> {
    await this.send(request)
    return this.answer(body)
  }

  async answer(body: readonly Buffer[] = []): Promise<Answer> {
    let phase: ResponsePhase = 'wait'
    let head: ReturnType<typeof decodeSendHeaders> | undefined
    const data: Buffer[] = []
    let asked = 0
    for (;;) {
      const payload = await this.packet()
      const message = responseMessage(payload)
      const chunk = message === MESSAGE.SEND_BODY_CHUNK ? decodeChunk(payload) : undefined
      phase = responseReceived(phase, message, chunk?.length)
      if (chunk !== undefined) {
        assert.equal(payload.length, chunk.length + 4, 'the NUL behind a chunk')
        data.push(Buffer.from(chunk))
      } else if (message === MESSAGE.SEND_HEADERS) head = decodeSendHeaders(payload)
      else if (message === MESSAGE.GET_BODY_CHUNK) {
        decodeGetBody(payload, MAX_PACKET_BYTES)
        const next = body[asked++]
        if (next !== undefined) await this.send(next)
      } else if (message === MESSAGE.END_RESPONSE) {
        const { status, message: text, headers } = head!
        return {
          status,
          message: text,
          headers,
          header(name) {
            for (let i = 0; i < headers.length; i += 2) {
              if (headers[i]!.toLowerCase() === name.toLowerCase()) return headers[i + 1]
            }
            return undefined
          },
          body: Buffer.concat(data),
          chunks: data.map(({ length }) => length),
          asked,
          isReusable: decodeEnd(payload),
        }
      }
    }
  }

  /** CPING is answered, so the connection is in step. */
  async expectPong(): Promise<void> {
    await this.connection.send(Buffer.from('123400010a', 'hex'))
    assert.equal((await this.connection.expectBytes(5)).toString('hex'), '4142000109')
  }

  /** The connection ends, by order or reset, and nothing more comes. */
  async expectEnd(): Promise<void> {
    await this.connection.expectEnd()
  }
}
