/** Names of workers: what they should be made of, and which character in one will surprise its owner. */
import { type Complaints, shown } from './complaint.ts'
import type { Position } from './position.ts'
import { fits } from './worker-values.ts'

/** A name that is used at `at`: warns of odd characters, false when it is too long to be used at all. */
export function checkName(name: string, at: Position, directive: string, complaints: Complaints): boolean {
  const odd = oddCharacter(name)
  if (odd !== undefined) {
    const message = `${shown(name)} has ${odd.code} in column ${at.column + odd.offset}`
    complaints.add('CONFIG_NAME_ODD', at, directive, message, 'use letters, digits, - and _')
  }
  return fits({ directive, value: name, at }, complaints)
}

/** The first character outside of `A-Z a-z 0-9 _ . -` (mod_jk.md 1.1, worker names), such as the space of an input method. */
export function oddCharacter(name: string): { readonly code: string; readonly offset: number } | undefined {
  const match = /[^A-Za-z0-9_.-]/u.exec(name)
  if (match === null) return undefined
  const code = match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
  const nickname = code === '3000' ? 'the full-width space ' : code === '00A0' ? 'the no-break space ' : ''
  return { code: `${nickname}U+${code}`, offset: match.index }
}
