/**
 * Lets an accepted socket read into buffers of ours. Node offers `onread` to sockets that connect, not to those that a
 * server accepts, so the connection moves to a socket that is made with it. That saves the buffer of 64 KiB which Node
 * makes for each read: 1.0 of 7.1 µs per request of a bare responder with 64 connections.
 */
import { channel } from 'node:diagnostics_channel'
import net from 'node:net'

const accepting = channel('net.server.socket')

/** What `net.Socket` is made of; not in Node's documentation, unchanged since version 0.x. */
interface WithHandle {
  _handle: { readonly reading?: boolean; useUserBuffer?: unknown } | null
}

/**
 * The socket that takes the place of `accepted`, which is used up and must have been accepted paused. It begins to read
 * with `resume`. Undefined where Node is not what we know: `accepted` is as it was.
 *
 * @param next what the next read goes into; undefined for the same again, except the first time
 * @param received called with the socket as `this`
 */
export function readInto(
  accepted: net.Socket,
  next: () => Uint8Array | undefined,
  received: (this: net.Socket, bytes: number, buffer: Buffer) => boolean,
): net.Socket | undefined {
  const from = accepted as unknown as WithHandle
  const handle = from._handle
  if (typeof handle?.useUserBuffer !== 'function') return undefined
  from._handle = null
  accepted.destroy()
  const options = {
    handle,
    pauseOnCreate: true,
    allowHalfOpen: accepted.allowHalfOpen,
    onread: { buffer: next, callback: received },
  }
  const socket = new net.Socket(options as unknown as net.SocketConstructorOpts)
  // Node has told of the other one: whoever watches sockets is to see those that are in use.
  if (accepting.hasSubscribers) accepting.publish({ socket })
  return socket
}
