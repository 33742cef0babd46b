/** Values of server.xml attributes, read as Tomcat reads them (IntrospectionUtils, tribes Arrays and Channel). */
import { firstVariable } from './brace-variables.ts'
import { type Complaints, shown } from './complaint.ts'
import { isHost } from './names-and-addresses.ts'
import type { Setting } from './worker-values.ts'

/** `true` in any case is true; everything else, `yes` and `1` too, is false (Boolean.valueOf). */
export function readTomcatBoolean({ directive, value, at }: Setting, complaints: Complaints): boolean {
  const word = value.trim().toLowerCase()
  if (word !== 'true' && word !== 'false') {
    complaints.add('CONFIG_VALUE_NOT_BOOLEAN', at, directive, `${shown(value)} is read as false; only true is true`)
  }
  return word === 'true'
}

export function readTomcatInteger(
  { directive, value, at }: Setting,
  min: number,
  max: number,
  complaints: Complaints,
): number | undefined {
  const text = value.trim()
  if (!/^[+-]?\d+$/.test(text)) {
    const variable = firstVariable(text)
    const hint = variable === undefined ? undefined : `set ${shown(variable).slice(1, -1)} in the environment`
    complaints.add('CONFIG_VALUE_NOT_NUMBER', at, directive, `${shown(value)} is not a whole number`, hint)
    return undefined
  }
  const number = Number(text)
  if (number >= min && number <= max) return number
  complaints.add('CONFIG_VALUE_OUT_OF_RANGE', at, directive, `${shown(value)} is not within ${min} and ${max}`)
  return undefined
}

/** For attributes of clowder's own, which take the words of a clowder.yaml. */
export function readChoice(
  { directive, value, at }: Setting,
  words: readonly string[],
  complaints: Complaints,
): string | undefined {
  const word = value.trim()
  if (words.includes(word)) return word
  complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(value)} is not ${words.join(' or ')}`)
  return undefined
}

/** An address or name to bind or reach. */
export function readTomcatHost({ directive, value, at }: Setting, complaints: Complaints): string | undefined {
  const text = value.trim()
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (isHost(bare)) return bare
  complaints.add('CONFIG_ADDRESS_SYNTAX', at, directive, `${shown(value)} is no host name and no address`)
  return undefined
}

/**
 * A Java regular expression that means the same in JavaScript. With the flag `v` character classes nest and intersect
 * as in Java, and what JavaScript does not have is an error rather than something else.
 */
export function readPattern({ directive, value, at }: Setting, complaints: Complaints): string | undefined {
  if (value === '') return undefined
  try {
    new RegExp(value, 'v')
    return value
  } catch {
    const hint = 'JavaScript has no possessive quantifiers, no \\Q…\\E and no (?i)'
    complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(value)} is no regular expression`, hint)
    return undefined
  }
}

const sendOptionBits: Readonly<Record<string, number>> = {
  byte_message: 1,
  byte: 1,
  use_ack: 2,
  synchronized_ack: 4,
  sync: 4,
  asynchronous: 8,
  async: 8,
  secure: 16,
  udp: 32,
  multicast: 64,
}

/** A number, or names joined by commas (tomcat-cluster.md 2.1). 0 leaves the default. */
export function readSendOptions({ directive, value, at }: Setting, complaints: Complaints): number | undefined {
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) === 0 ? undefined : Number(text)
  let bits = 0
  for (const word of text.split(',')) {
    const name = word.trim().toLowerCase()
    if (name === '') continue
    if (!Object.hasOwn(sendOptionBits, name)) {
      const hint = `known: ${Object.keys(sendOptionBits).join(', ')}`
      complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(word.trim())} is no send option`, hint)
      return undefined
    }
    bits |= sendOptionBits[name]!
  }
  return bits === 0 ? undefined : bits
}

/** `{1,-2,3}`: signed decimal bytes; any other text as ISO-8859-1. */
export function readBytes(setting: Setting, complaints: Complaints): Uint8Array | undefined {
  const { directive, value, at } = setting
  const text = value.trim()
  if (!text.startsWith('{')) {
    if (/[^\u0000-\u00FF]/.test(text)) {
      complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(text)} has characters outside of ISO-8859-1`)
      return undefined
    }
    return Uint8Array.from(text, (character) => character.charCodeAt(0))
  }
  const numbers = text.endsWith('}') ? text.slice(1, -1).split(',') : []
  const bytes = numbers.map((number) => (/^\s*-?\d{1,3}\s*$/.test(number) ? Number(number) : Number.NaN))
  if (bytes.length === 0 || bytes.some((byte) => !(byte >= -128 && byte <= 255))) {
    complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(value)} is no list of bytes`, 'write {1,2,3}')
    return undefined
  }
  const large = bytes.find((byte) => byte > 127)
  if (large !== undefined || /\s/.test(text)) {
    const what = large === undefined ? 'the spaces' : `${large}`
    const hint = large === undefined ? 'write it without spaces' : `write ${large - 256}: Java's bytes are signed`
    complaints.add('CONFIG_VALUE_ADJUSTED', at, directive, `clowder accepts ${what}, Tomcat does not`, hint)
  }
  return Uint8Array.from(bytes)
}

/** Exactly 16 bytes. */
export function readUniqueId(setting: Setting, complaints: Complaints): Uint8Array | undefined {
  const { directive, value, at } = setting
  if (!value.trim().startsWith('{')) {
    const hint = 'write {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}'
    complaints.add('CONFIG_VALUE_REFUSED', at, directive, `${shown(value)} is no list of bytes`, hint)
    return undefined
  }
  const bytes = readBytes(setting, complaints)
  if (bytes === undefined || bytes.length === 16) return bytes
  complaints.add('CONFIG_VALUE_OUT_OF_RANGE', at, directive, `has ${bytes.length} bytes; a unique id has 16`)
  return undefined
}

/** A host, or its four or sixteen bytes. */
export function readMemberHost(setting: Setting, complaints: Complaints): string | undefined {
  if (!setting.value.trim().startsWith('{')) return readTomcatHost(setting, complaints)
  const bytes = readBytes(setting, complaints)
  if (bytes === undefined) return undefined
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.length === 16) {
    const groups = Array.from({ length: 8 }, (_, index) =>
      (bytes[2 * index]! * 256 + bytes[2 * index + 1]!).toString(16),
    )
    return groups.join(':')
  }
  const { directive, at } = setting
  complaints.add('CONFIG_ADDRESS_SYNTAX', at, directive, `${bytes.length} bytes are no address`, 'write 4 or 16')
  return undefined
}
