/**
 * Both ends of a connection played by a test, in the spirit of HAProxy's vtest: a client that sends exactly these
 * bytes, and a server whose connections follow a script. With `Barriers` between them the order of events is fixed.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { atEnd, type Owner } from './owner.ts'
import { RawConnection, resetSocket } from './raw-connection.ts'

/** A client's connection to 127.0.0.1. Closed with its owner. */
export async function rawClient(owner: Owner, port: number, name = 'client'): Promise<RawConnection> {
  // allowHalfOpen: what an end of input means is for the test to decide.
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  atEnd(owner, () => void socket.destroy())
  await new Promise<void>((done, fail) => {
    socket.once('connect', done)
    socket.once('error', (error) => fail(new Error(`${name}: ${error.message}`, { cause: error })))
  })
  return new RawConnection(name, socket)
}

/** What one connection does. `n` counts connections from 1. When it returns, the connection is closed. */
export type Script = (connection: RawConnection, n: number) => Promise<void>

export interface RawServer {
  readonly port: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** Waits for the scripts of all connections accepted so far; fails with the first that failed. */
  done(): Promise<void>
  /** Closes the listener and resets every connection. May be called twice. */
  close(): Promise<void>
}

/**
 * A server on a port of its own. A script that fails resets its connection and, at the latest when the owner ends,
 * fails the test.
 *
 * @example
 * const server = await rawServer(t, async (c) => {
 *   await c.expectMessage()
 *   await c.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
 *   await barriers.meet('half sent')
 *   c.reset()
 * })
 */
export async function rawServer(owner: Owner, script: Script, name = 'server'): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const scripts: Promise<void>[] = []
  const failures: Error[] = []
  let closing = false

  const play = async (socket: Socket, n: number) => {
    const connection = new RawConnection(`${name}, connection ${n}`, socket)
    try {
      await script(connection, n)
      connection.close()
    } catch (error) {
      // Scripts cut short by the end of the test have not failed.
      if (!closing) failures.push(error as Error)
      connection.reset()
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    scripts.push(play(socket, scripts.length + 1))
  })
  await listen(server)
  const { port } = server.address() as { port: number }

  const throwFailure = () => {
    if (failures.length > 0) throw failures[0]
  }
  const close = async () => {
    closing = true
    for (const socket of sockets) resetSocket(socket)
    if (server.listening) await new Promise((done) => server.close(done))
    await Promise.all(scripts)
  }
  atEnd(owner, async () => {
    await close()
    throwFailure()
  })
  return {
    port,
    get accepted() {
      return scripts.length
    },
    done: async () => {
      await Promise.all(scripts)
      throwFailure()
    },
    close,
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
}
