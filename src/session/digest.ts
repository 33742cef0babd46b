/**
 * A number that two copies of a session share when they hold the same: what nodes compare before they send anything. Made
 * of the versions, not of the values, so it costs no encoding. The last access is left out: it is news all the time.
 */
import { committed } from './encode-message.ts'
import { hash, mix } from './placement.ts'
import type { Session } from './session.ts'

/** An integer of 53 bits: of two that differ, one in 10^15 is not noticed. */
export function digest(session: Session): number {
  let low = mix(hash(session.owner, session.owner.length) ^ low32(session.createdMs))
  let high = session.complete ? 1 : 0
  for (const attribute of session.attributes()) {
    const known = committed(attribute)
    if (known === undefined) continue
    const { name, version, removed } = known
    const written = mix(low32(version.timeMs) ^ Math.imul(version.count + 1, 0x9e3779b1))
    const node = hash(version.node, version.node.length)
    const named = hash(name, name.length)
    // Sums: copies may hold their attributes in any order.
    low = (low + mix(named ^ mix(written ^ node))) >>> 0
    high = (high + mix(Math.imul(named, 31) ^ mix(node + written + (removed ? 1 : 0)))) >>> 0
  }
  return (high % 0x20_0000) * 0x1_0000_0000 + low
}

function low32(value: number): number {
  return (value % 0x1_0000_0000) ^ Math.floor(value / 0x1_0000_0000)
}
