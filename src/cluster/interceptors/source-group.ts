/**
 * What one source of members asks the membership layer, and what becomes of what it tells. A source introduces addresses;
 * only of a member that cannot say over the connection who it is, a Tomcat, it is believed more.
 */
import type { Clock } from '../../clock/clock.ts'
import { ClusterError } from '../errors.ts'
import { endpointKey, sameMember } from '../identity.ts'
import type { Endpoint, Member } from '../member.ts'
import type { MembershipGroup } from '../membership/source.ts'
import { decodePayload, inOneCluster } from '../payload.ts'
import type { Entry } from './member-entries.ts'
import type { EntryEvent } from './static-entry.ts'

/** The membership layer, as what a source tells reaches it. */
export interface SourceOffice {
  readonly clock: Clock
  readonly local: () => Member
  readonly refreshLocal: () => void
  readonly admitsSilent: boolean
  readonly suspect: (member: Endpoint, cause: ClusterError) => void
  readonly sourceFailed: (source: string, cause: unknown) => void
  readonly entryOf: (endpoint: Endpoint) => Entry | undefined
  /** Made if need be; undefined where that must not be. */
  readonly entryAt: (endpoint: Endpoint) => Entry | undefined
  readonly step: (entry: Entry, event: EntryEvent) => void
  /** A member of the view has shown that it lives. */
  readonly lives: (member: Member) => void
}

export function sourceGroup(name: string, office: SourceOffice): MembershipGroup {
  const { clock, local, refreshLocal, admitsSilent, suspect, sourceFailed, entryOf, entryAt, step, lives } = office
  /** Who speaks clowder says over the connection who it is, which is harder to forge than a datagram. */
  const believed = (member: Member) => admitsSilent && !speaksClowder(member)
  const lost = (endpoint: Endpoint, why: 'unlisted' | 'silent') => {
    const entry = entryOf(endpoint)
    if (entry === undefined || !entry.sources.delete(name) || why === 'unlisted') return
    const cause = new ClusterError('CLUSTER_SILENT', `${name} has heard nothing from ${endpointKey(endpoint)}`)
    suspect(entry.address, cause)
  }
  return {
    clock,
    local: () => {
      refreshLocal()
      return local()
    },
    found: (endpoint) => void entryAt(endpoint)?.sources.add(name),
    seen: (member) => {
      if (!inOneCluster(member.payload, local().payload)) return
      const isTomcat = believed(member)
      const isNew = entryOf(member) === undefined
      const entry = entryAt(member)
      if (entry === undefined) return
      entry.sources.add(name)
      if (isNew) entry.greeted = !isTomcat
      const { current } = entry.state
      if (isTomcat) step(entry, { type: 'seen', sender: member })
      else if (current !== undefined && sameMember(current, member)) lives(current)
    },
    lost,
    left: (member) => {
      const entry = entryOf(member)
      if (entry === undefined || !believed(member)) return lost(member, 'silent')
      entry.sources.delete(name)
      step(entry, { type: 'stop', sender: member })
    },
    failed: (cause) => sourceFailed(name, cause),
  }
}

export function speaksClowder({ payload }: Member): boolean {
  return decodePayload(payload) !== undefined
}
