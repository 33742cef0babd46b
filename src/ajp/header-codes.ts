/**
 * Header names and the codes that stand for them (ajp13.md 2.3), in either direction and any letter case. Coding is
 * optional; we code whatever has a code.
 */
import { REQUEST_HEADERS, RESPONSE_HEADERS } from './constants.ts'

/** No code of this table: the name travels as a string. */
export const NO_CODE = 0

/** Low bytes of the codes that somebody acts on. */
export const REQUEST_CODE = { CONTENT_LENGTH: 0x08, HOST: 0x0b } as const
export const RESPONSE_CODE = { CONTENT_LENGTH: 0x03 } as const

interface Coded {
  readonly code: number
  /** The characters of the name, and which of their bits must be equal: in letters all but the one of their case. */
  readonly chars: Uint16Array
  readonly masks: Uint16Array
}

const ANY_CASE = 0xffdf
const EXACTLY = 0xffff

export class HeaderCodes {
  readonly #names: readonly string[]
  /** By length, first and last letter, which tell all names of a table apart. */
  readonly #byKey: (Coded | undefined)[] = []

  constructor(names: readonly string[]) {
    this.#names = names
    for (let code = 1; code < names.length; code++) {
      const lower = names[code]!.toLowerCase()
      const key = keyOf(lower)
      while (this.#byKey.length <= key) this.#byKey.push(undefined)
      if (this.#byKey[key] !== undefined) throw new RangeError(`${lower} has the key of another header name`)
      this.#byKey[key] = {
        code,
        chars: Uint16Array.from(lower, (char) => char.charCodeAt(0)),
        masks: Uint16Array.from(lower, (char) => (/[a-z]/.test(char) ? ANY_CASE : EXACTLY)),
      }
    }
  }

  /** The name of a code, or undefined for an unassigned one. */
  nameOf(code: number): string | undefined {
    return code === NO_CODE ? undefined : this.#names[code]
  }

  /** The code of a name in any letter case, or NO_CODE. */
  codeOf(name: string): number {
    const key = keyOf(name)
    const coded = key < this.#byKey.length ? this.#byKey[key] : undefined
    if (coded === undefined) return NO_CODE
    const { chars, masks } = coded
    let difference = 0
    for (let i = 0; i < chars.length; i++) difference |= (name.charCodeAt(i) ^ chars[i]!) & masks[i]!
    return difference === 0 ? coded.code : NO_CODE
  }
}

/** Letter case does not change the last five bits. */
function keyOf(name: string): number {
  const last = name.length - 1
  return last < 0 ? 0 : (name.length << 5) | ((name.charCodeAt(0) + name.charCodeAt(last)) & 0x1f)
}

export const requestHeaderCodes: HeaderCodes = new HeaderCodes(REQUEST_HEADERS)
export const responseHeaderCodes: HeaderCodes = new HeaderCodes(RESPONSE_HEADERS)
