/** `worker1=40001 worker2=40002` on a program's command line. */
import type { Backend } from '../peers/peer.ts'

export function parseBackends(args: readonly string[]): Backend[] {
  const backends = args.map((arg) => {
    const [route, port] = arg.split('=')
    return { route: route ?? '', port: Number(port) }
  })
  if (backends.length === 0 || backends.some(({ route, port }) => route === '' || !(port > 0)))
    throw new Error(`expected ROUTE=PORT…, not ${JSON.stringify(args)}`)
  return backends
}

export function formatBackends(backends: readonly Backend[]): string[] {
  return backends.map(({ route, port }) => `${route}=${port}`)
}
