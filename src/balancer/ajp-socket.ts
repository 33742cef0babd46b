/** The socket under an AJP connection: TCP, read into buffers that are used again. */
import net from 'node:net'
import type { ReadBuffers } from './buffers.ts'
import { nameOptions } from './look-up.ts'

/** What a connection needs of a socket. */
export type BackendSocket = Pick<
  net.Socket,
  'on' | 'write' | 'writableLength' | 'pause' | 'resume' | 'isPaused' | 'destroy'
>

export interface SocketTarget {
  readonly host: string
  readonly port: number
  readonly source: string | undefined
  readonly preferIpv6: boolean
  readonly socketKeepalive: boolean
}

/** Begins to connect; `read` gets what arrives, in a buffer that is read into again once it returns. */
export type OpenSocket = (
  target: SocketTarget,
  buffers: ReadBuffers,
  read: (buffer: Buffer, bytes: number) => void,
) => BackendSocket

export const openTcp: OpenSocket = ({ host, port, source, preferIpv6, socketKeepalive }, buffers, read) => {
  const socket = net.connect({
    host,
    port,
    noDelay: true,
    keepAlive: socketKeepalive,
    ...(source === undefined ? {} : { localAddress: source }),
    ...nameOptions(preferIpv6),
    onread: {
      buffer: () => buffers.next(),
      callback: (bytes, buffer) => {
        read(buffer as Buffer, bytes)
        return true
      },
    },
  })
  return socket
}
