/**
 * Ports for programs that cannot take port 0 and say what they got. What can take port 0 should.
 * They come from below the range from which systems take ports for outgoing connections and for port 0 (Linux from
 * 32768, RFC 6335 from 49152) and from which `clowder up` takes its own (src/cli/free-ports.ts), so that nobody gets the
 * same one by accident between our look and the program's bind.
 */
import { randomInt } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { type Running, START_MS } from './process.ts'
import { until } from './until.ts'

const FIRST_PORT = 10_000
/** Some tests write ports from 18 000 on into their files, for members that nobody asks. */
const END_PORT = 18_000
const ATTEMPTS = 50

/** A port on which nobody listens now. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, END_PORT)
    if (!given.has(port) && (await canListen(host, port))) {
      given.add(port)
      return port
    }
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${END_PORT} after ${ATTEMPTS} attempts`)
}

/** Waits until the process accepts connections; fails at once, with its output, when it ends instead. */
export async function untilListening(running: Running, port: number, deadlineMs = START_MS): Promise<void> {
  try {
    await until(
      `${running.name} listens on port ${port}`,
      async () => running.exit !== undefined || (await isListening(port)),
      { deadlineMs, everyMs: 20 },
    )
  } catch (error) {
    throw running.failure(error)
  }
  const { exit } = running
  if (exit !== undefined)
    throw running.failure(`${running.name} ended (${exit.code ?? exit.signal}) before it listened`)
}

export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host)
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)))
  })
}

/** Ports this process gave away already; whoever asked may not have bound its own yet. */
const given = new Set<number>()
