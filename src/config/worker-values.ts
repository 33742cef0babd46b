/**
 * Values of workers.properties, read as mod_jk reads them (mod_jk.md 1.1, value types), with a complaint wherever that is
 * not what the text seems to say.
 */
import { type Complaints, shown } from './complaint.ts'
import { documentedNameBytes, maxNameBytes } from './limits.ts'
import { isHost } from './names-and-addresses.ts'
import { type Position, shifted } from './position.ts'
import { listItems } from './property-lines.ts'
import type { ValueKind, WorkerDirective } from './worker-directives.ts'

/** A value with the name it is complained about under. */
export interface Setting {
  readonly directive: string
  readonly value: string
  readonly at: Position
}

export type OptionValue = boolean | number | string | readonly string[] | readonly number[]

/** The value as its option wants it (times in ms); undefined = as if not given, after a complaint. */
export function readValue(
  row: Pick<WorkerDirective, 'kind' | 'unit'>,
  setting: Setting,
  complaints: Complaints,
): OptionValue | undefined {
  const { kind } = row
  switch (kind.is) {
    case 'boolean':
      return readBoolean(setting, complaints)
    case 'integer': {
      const number = readInteger(setting, kind, row.unit, complaints)
      return number !== undefined && row.unit === 's' ? number * 1000 : number
    }
    case 'letter':
      return readLetter(setting, kind, complaints)
    case 'letters':
      return readLetters(setting, kind.known, complaints)
    case 'text':
      return kind.limited && !fits(setting, complaints) ? undefined : setting.value
    case 'host':
      return readHost(setting, complaints)
    case 'names':
      return Array.from(listItems(setting.value), ({ text }) => text)
    case 'statuses':
      return readStatuses(setting, complaints)
  }
}

const plainTrue = new Set(['true', 'yes', 'on', '1', 't', 'y'])
const plainFalse = new Set(['false', 'no', 'off', '0', 'f', 'n'])

/** `off`, `0` and what begins with f or n is false; `on`, `1` and what begins with t or y is true; else the default. */
export function readBoolean({ directive, value, at }: Setting, complaints: Complaints): boolean | undefined {
  const word = value.toLowerCase()
  if (plainTrue.has(word)) return true
  if (plainFalse.has(word)) return false
  if (/^[fn]/.test(word) || /^[ty]/.test(word)) {
    const answer = /^[ty]/.test(word)
    const message = `${shown(value)} is read as ${answer}: only its first letter counts`
    complaints.add('CONFIG_VALUE_NOT_BOOLEAN', at, directive, message)
    return answer
  }
  const message = `${shown(value)} is neither true nor false; the default is taken`
  complaints.add('CONFIG_VALUE_NOT_BOOLEAN', at, directive, message)
  return undefined
}

const smallest = -(2 ** 31)
/** Of mod_jk's integers, and of the milliseconds a timer of Node.js takes. */
const largest = 2 ** 31 - 1

/** Decimal digits with an optional sign, directly followed by an optional k (×1024) or m (×1 048 576). */
export function readInteger(
  { directive, value, at }: Setting,
  { min = smallest, max: most = largest, raise }: Extract<ValueKind, { is: 'integer' }>,
  unit: WorkerDirective['unit'],
  complaints: Complaints,
): number | undefined {
  const max = unit === 's' ? Math.min(most, Math.floor(largest / 1000)) : most
  const match = /^([+-]?\d+)([kKmM]?)(.*)$/s.exec(value)
  if (match === null || match[3] !== '') {
    const trailing = match === null ? '' : `, ${shown(match[3]!)} follows it`
    complaints.add('CONFIG_VALUE_NOT_NUMBER', at, directive, `${shown(value)} is not a whole number${trailing}`)
    return undefined
  }
  const suffix = match[2]!.toLowerCase()
  const number = Number(match[1]) * (suffix === 'k' ? 1024 : suffix === 'm' ? 1_048_576 : 1)
  if (suffix !== '' && unit !== undefined && unit !== 'bytes') {
    complaints.add(
      'CONFIG_VALUE_SUFFIX',
      at,
      directive,
      `${shown(value)} is ${number} ${unit}: k and m are no units of time`,
    )
  }
  if (number < min && raise && number >= smallest) {
    complaints.add('CONFIG_VALUE_ADJUSTED', at, directive, `${number} counts as ${min}, the least`)
    return min
  }
  if (number < min || number > max || number < smallest || number > largest) {
    complaints.add('CONFIG_VALUE_OUT_OF_RANGE', at, directive, `${shown(value)} is not within ${min} and ${max}`)
    return undefined
  }
  return number
}

/** One of a few words, told apart by its first letter or its digit. */
function readLetter(
  { directive, value, at }: Setting,
  { words, values }: Extract<ValueKind, { is: 'letter' }>,
  complaints: Complaints,
): string | undefined {
  const letter = value[0]!.toLowerCase()
  const digit = /^\d$/.test(letter) ? Number(letter) : -1
  const known = words.findIndex((word, index) => word.toLowerCase().startsWith(letter) || index === digit)
  const index = known === -1 ? 0 : known
  const meant = words[index]!
  if (known === -1) {
    const message = `${shown(value)} is none of ${words.join(', ')}; the default ${meant} is taken`
    complaints.add('CONFIG_VALUE_WORD', at, directive, message)
    return undefined
  }
  const word = value.toLowerCase()
  if (word !== String(digit) && !meant.toLowerCase().startsWith(word)) {
    const message = `${shown(value)} is read as ${meant}: only its first letter counts`
    complaints.add('CONFIG_VALUE_WORD', at, directive, message)
  }
  return values[index]
}

/** The letters that are known, in capitals. */
function readLetters({ directive, value, at }: Setting, known: string, complaints: Complaints): string | undefined {
  const letters = value.toUpperCase()
  const meant = [...letters].filter((letter) => known.includes(letter)).join('')
  if (meant.length < letters.length) {
    const message = `${shown(value)} holds more than the letters ${[...known].join(', ')}; the others are passed over`
    complaints.add('CONFIG_VALUE_WORD', at, directive, message)
  }
  return meant === '' ? undefined : meant
}

/** A name or an address of the backend. mod_jk takes no `HOST:PORT`, whatever its documentation says (mod_jk.md 1.2). */
function readHost(setting: Setting, complaints: Complaints): string | undefined {
  const { directive, value, at } = setting
  if (!fits(setting, complaints)) return undefined
  const bare = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value
  if (isHost(bare)) return bare
  const withPort = /^(.+):(\d+)$/.exec(value)
  const hint = withPort === null ? undefined : `write the port as a directive of its own: port=${withPort[2]}`
  complaints.add('CONFIG_ADDRESS_SYNTAX', at, directive, `${shown(value)} is no host name and no address`, hint)
  return undefined
}

/** Statuses, negative ones for "fail over, but the member stays well". */
function readStatuses(setting: Setting, complaints: Complaints): readonly number[] {
  const statuses: number[] = []
  for (const { text, offset } of listItems(setting.value)) {
    const at = shifted(setting.at, offset)
    const number = Number(text)
    if (/^-?\d{3}$/.test(text) && Math.abs(number) >= 100 && Math.abs(number) <= 599) statuses.push(number)
    else
      complaints.add('CONFIG_VALUE_OUT_OF_RANGE', at, setting.directive, `${shown(text)} is no status from 100 to 599`)
  }
  return statuses
}

/** Whether a name fits into mod_jk's shared memory (mod_jk.md 1.1, worker names). */
export function fits({ directive, value, at }: Setting, complaints: Complaints): boolean {
  const bytes = Buffer.byteLength(value)
  if (bytes <= documentedNameBytes) return true
  if (bytes <= maxNameBytes) {
    const message = `${bytes} bytes are over the documented ${documentedNameBytes}`
    complaints.add('CONFIG_VALUE_LONG', at, directive, message, 'some versions of mod_jk do not start with it')
    return true
  }
  const message = `${bytes} bytes are over maxNameBytes (${maxNameBytes})`
  complaints.add('CONFIG_VALUE_TOO_LONG', at, directive, message)
  return false
}
