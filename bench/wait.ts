/** Waiting for conditions, with an end. */
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 10

/** Resolves when the condition holds; rejects when it does not in time, or when `giveUp` throws. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  giveUp: () => void = () => {},
): Promise<void> {
  const until = performance.now() + withinMs
  for (;;) {
    if (await condition()) return
    giveUp()
    if (performance.now() > until) throw new Error(`not within ${withinMs} ms`)
    await pause(LOOK_EVERY_MS)
  }
}

export function untilPortOpens(port: number, withinMs: number, giveUp?: () => void): Promise<void> {
  return waitFor(() => accepts(port), withinMs, giveUp)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
