/**
 * Ports for processes that are going to be started, and started again: a worker must come back where the balancer and its
 * peers look for it, so port 0 will not do.
 *
 * The ports lie below those that systems hand out for outgoing connections (Linux from 32 768, others from 49 152): in the
 * moment in which a worker is dead, no connection of some other program can end up on its port. They are drawn at
 * random, so that two embedded clusters that start at once do not draw the same.
 */
import { createServer } from 'node:net'
import { CliError } from './errors.ts'

const FIRST = 20_000
const COUNT = 10_000
/** With half of the range taken, this many draws fail once in 10^30. */
const MAX_DRAWS = 100

/** `count` different ports that nothing listens on now, on `host`. */
export async function freePorts(host: string, count: number, random: () => number): Promise<number[]> {
  const ports = new Set<number>()
  for (let draws = 0; ports.size < count; draws++) {
    if (draws === MAX_DRAWS)
      throw new CliError('CLI_NO_FREE_PORT', `no free port on ${host} between ${FIRST} and ${FIRST + COUNT - 1}`)
    const port = FIRST + Math.floor(random() * COUNT)
    if (!ports.has(port) && (await isFree(host, port))) ports.add(port)
  }
  return [...ports]
}

/** Rejects with the system's error when `port` cannot be listened on now. */
export function probePort(host: string, port: number): Promise<void> {
  return new Promise((free, taken) => {
    const probe = createServer()
    probe.once('error', taken)
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => free()))
  })
}

function isFree(host: string, port: number): Promise<boolean> {
  return probePort(host, port).then(
    () => true,
    () => false,
  )
}
