/**
 * Ports for processes that are going to be started, and started again: a worker must come back where the balancer and its
 * peers look for it, so port 0 will not do.
 *
 * The ports lie below those that systems hand out for outgoing connections (Linux from 32 768, others from 49 152): in the
 * moment in which a worker is dead, no connection of some other program can end up on its port. They are drawn at random
 * and as one block: of two embedded clusters that start at once, each with ports that nobody listens on yet, two of many
 * single ports would be the same much sooner than two blocks.
 */
import { createServer } from 'node:net'
import { CliError } from './errors.ts'

const FIRST = 20_000
const COUNT = 10_000
/** With one port in a hundred taken, every second block of 65 is free: this many draws fail once in 10^30. */
const MAX_DRAWS = 100

/** `count` ports in a row that nothing listens on now, on `host`. */
export async function freePorts(host: string, count: number, random: () => number): Promise<number[]> {
  const blocks = Math.floor(COUNT / count)
  for (let draws = 0; draws < MAX_DRAWS; draws++) {
    const first = FIRST + Math.floor(random() * blocks) * count
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if (await areFree(host, ports)) return ports
  }
  throw new CliError('CLI_NO_FREE_PORT', `no free port on ${host} between ${FIRST} and ${FIRST + COUNT - 1}`)
}

/** Rejects with the system's error when `port` cannot be listened on now. */
export function probePort(host: string, port: number): Promise<void> {
  return new Promise((free, taken) => {
    const probe = createServer()
    probe.once('error', taken)
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => free()))
  })
}

async function areFree(host: string, ports: readonly number[]): Promise<boolean> {
  try {
    for (const port of ports) await probePort(host, port)
    return true
  } catch {
    return false
  }
}
