/**
 * What logs can say of the members of an lb that a request went to: mod_jk's notes JK_LB_FIRST_* and JK_LB_LAST_* (mod_jk.md
 * 2.6), the numbers of the first and of the last of them when its attempt had ended. Kept only where a log asks for them.
 */
import { activationWords, stateWords } from './jk-words.ts'
import type { LbMember } from './lb.ts'

/** By the last part of the note's name. */
export interface MemberNote {
  readonly NAME: string
  readonly VALUE: number
  readonly ACCESSED: number
  readonly SESSIONS: number
  readonly READ: number
  readonly TRANSFERRED: number
  readonly ERRORS: number
  readonly BUSY: number
  readonly ACTIVATION: string
  readonly STATE: string
}

export interface MemberNotes {
  first: MemberNote | undefined
  last: MemberNote | undefined
}

export const noteNames: readonly (keyof MemberNote)[] = [
  'NAME',
  'VALUE',
  'ACCESSED',
  'SESSIONS',
  'READ',
  'TRANSFERRED',
  'ERRORS',
  'BUSY',
  'ACTIVATION',
  'STATE',
]

/** An attempt on the member has ended and is counted. Its activation is its own, whatever the rule says (seen on 1.2.48). */
export function note(notes: MemberNotes, member: LbMember): void {
  const { name, options, numbers, worker } = member
  notes.last = {
    NAME: name,
    VALUE: numbers.lbValue,
    ACCESSED: worker.used,
    SESSIONS: numbers.sessions,
    READ: worker.readBytes,
    TRANSFERRED: worker.transferredBytes,
    ERRORS: numbers.errors,
    BUSY: worker.busy,
    ACTIVATION: activationWords[options.activation],
    STATE: stateWords[numbers.state],
  }
  notes.first ??= notes.last
}
