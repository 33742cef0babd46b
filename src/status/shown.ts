/** Which parts of a view a request wants, the same for all formats (mod_jk.md 7.1, bits of `opt`). */
import type { EndpointSnapshot, LbSnapshot, MemberSnapshot, MountSnapshot } from '../balancer/snapshot.ts'
import { HIDE, type ViewCommand } from './command.ts'

export interface ShownLb {
  readonly lb: LbSnapshot
  readonly members: readonly MemberSnapshot[]
  readonly mounts: readonly MountSnapshot[]
}

export interface ShownEndpoint {
  readonly endpoint: EndpointSnapshot
  readonly mounts: readonly MountSnapshot[]
}

/** What a list hides, a single view was asked for by name. */
export function shownLbs({ name, lbs, options, shown }: ViewCommand): readonly ShownLb[] {
  if (name === 'list' && (options & HIDE.lbs) !== 0) return []
  return lbs.map((lb) => ({
    lb,
    members: (options & HIDE.members) !== 0 ? [] : shown === undefined ? lb.members : [shown],
    mounts: shownMounts(lb.mounts, options),
  }))
}

export function shownEndpoints({ name, endpoints, options }: ViewCommand): readonly ShownEndpoint[] {
  if (name === 'list' && (options & HIDE.endpoints) !== 0) return []
  return endpoints.map((endpoint) => ({ endpoint, mounts: shownMounts(endpoint.mounts, options) }))
}

function shownMounts(mounts: readonly MountSnapshot[], options: number): readonly MountSnapshot[] {
  return (options & HIDE.mounts) !== 0 ? [] : mounts
}
