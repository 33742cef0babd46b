/** What every peer starter gives back: a private instance on loopback, run by its pids and gone when stopped. */
import type { Child } from '../site.ts'

/** A backend under the route its sessions carry. */
export interface Backend {
  readonly route: string
  readonly port: number
}

export interface Peer {
  readonly port: number
  /** Root processes; their children are found through them. */
  pids(): number[]
  stop(): Promise<void>
}

export function peerOf(port: number, ...children: Child[]): Peer {
  return {
    port,
    pids: () => children.map((child) => child.pid),
    async stop() {
      // In the order of the requests: whoever is in front first, so that nobody reports a dead backend.
      for (const child of children) await child.stop()
    },
  }
}
