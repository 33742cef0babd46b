/** States, activations, methods and sources in the words of jk-status (mod_jk.md 4.6 and 7.6). */
import type { MemberState } from '../balancer/member-state.ts'
import type { Activation, LbLock, LbMethod, MountRule } from '../balancer/options.ts'
import type { EndpointSnapshot } from '../balancer/snapshot.ts'

export const stateWords = {
  idle: 'OK/IDLE',
  ok: 'OK',
  recover: 'ERR/REC',
  force: 'ERR/FRC',
  busy: 'OK/BUSY',
  error: 'ERR',
  probe: 'ERR/PRB',
} as const satisfies Record<MemberState | EndpointSnapshot['state'], string>

export const activationWords = {
  active: 'ACT',
  disabled: 'DIS',
  stopped: 'STP',
} as const satisfies Record<Activation, string>

export const methodWords = {
  request: 'Request',
  traffic: 'Traffic',
  busyness: 'Busyness',
  session: 'Sessions',
  next: 'Next',
} as const satisfies Record<LbMethod, string>

export const lockWords = {
  optimistic: 'Optimistic',
  pessimistic: 'Pessimistic',
} as const satisfies Record<LbLock, string>

export const sourceWords = {
  'mount-file': 'uriworkermap',
  mount: 'JkMount',
  worker: 'worker definition',
} as const satisfies Record<MountRule['source'], string>
