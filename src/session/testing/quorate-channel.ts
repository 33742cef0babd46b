/** A channel to nobody, of which a test says whether it has its quorum. */
import type { Channel } from '../../cluster/channel.ts'
import { MemoryNetwork } from './memory-network.ts'

export function quorate(): Channel & { hasQuorum: boolean } {
  return Object.assign(new MemoryNetwork().channel('lone'), { hasQuorum: true })
}
