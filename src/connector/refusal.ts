/** The whole answer to a request that never reaches the application: a short text, and END_RESPONSE 0 (ajp13.md 6.4). */
import { STATUS_CODES } from 'node:http'
import { END_AND_CLOSE, encodeSendHeaders, encodeTextChunk, type PacketWriter } from '../ajp/index.ts'

export function refusal(writer: PacketWriter, status: number, isBodyless: boolean): void {
  const message = STATUS_CODES[status] ?? 'Error'
  const body = `${message}\n`
  const headers = ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]
  encodeSendHeaders(writer, { status, message, headers })
  if (!isBodyless) encodeTextChunk(writer, body, 'latin1', body.length)
  writer.append(END_AND_CLOSE)
}
