/** States and activations in the words of mod_jk (mod_jk.md 4.6 and 7.6): in logs, to AJP workers and on status pages. */
import type { MemberState } from './member-state.ts'
import type { Activation } from './options.ts'

export const stateWords = {
  idle: 'OK/IDLE',
  ok: 'OK',
  recover: 'ERR/REC',
  force: 'ERR/FRC',
  busy: 'OK/BUSY',
  error: 'ERR',
  probe: 'ERR/PRB',
} as const satisfies Record<MemberState, string>

export const activationWords = {
  active: 'ACT',
  disabled: 'DIS',
  stopped: 'STP',
} as const satisfies Record<Activation, string>
