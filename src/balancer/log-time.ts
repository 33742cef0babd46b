/**
 * Times as logs write them: the codes of strftime that a log may use, in English and in local time, with mod_jk's `%Q` for
 * milliseconds and `%q` for microseconds (mod_jk.md 2.1, JkLogStampFormat).
 */

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** Codes that stand for others. */
const LONG: Readonly<Record<string, string>> = {
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  T: '%H:%M:%S',
  c: '%a %b %e %H:%M:%S %Y',
  r: '%I:%M:%S %p',
}

const CODE = /%([a-zA-Z%])/g

/** A time as text, ms since the epoch; local time. */
export type TimeText = (ms: number) => string

/**
 * What is no code stays as it is written. All but the fraction is made once a second, for lines of a log come many in one:
 * 4 µs for the time of mod_jk, and 0.1 µs when it is only the fraction.
 */
export function compileTime(format: string): TimeText {
  // The text before each fraction, the fractions, and the text behind the last one.
  const formats: string[] = []
  const fractions: string[] = []
  let begin = 0
  for (const { 0: all, 1: code = '', index } of format.matchAll(CODE)) {
    if (code !== 'Q' && code !== 'q') continue
    formats.push(format.slice(begin, index))
    fractions.push(code)
    begin = index + all.length
  }
  formats.push(format.slice(begin))

  let second = Number.NaN
  let texts: string[] = []
  return (ms) => {
    const at = Math.floor(ms / 1000)
    if (at !== second) {
      second = at
      const date = new Date(at * 1000)
      texts = formats.map((each) => render(each, date))
    }
    let text = texts[0]!
    for (let i = 0; i < fractions.length; i++) {
      const fraction = pad(Math.floor(ms) - at * 1000, 3)
      text += (fractions[i] === 'Q' ? fraction : `${fraction}000`) + texts[i + 1]!
    }
    return text
  }
}

function render(format: string, date: Date): string {
  return format.replace(CODE, (all, code: string) => {
    const long = LONG[code]
    return long === undefined ? (partOf(code, date) ?? all) : render(long, date)
  })
}

function partOf(code: string, date: Date): string | undefined {
  switch (code) {
    case 'a':
      return DAYS[date.getDay()]!.slice(0, 3)
    case 'A':
      return DAYS[date.getDay()]
    case 'b':
    case 'h':
      return MONTHS[date.getMonth()]!.slice(0, 3)
    case 'B':
      return MONTHS[date.getMonth()]
    case 'd':
      return pad(date.getDate(), 2)
    case 'e':
      return String(date.getDate()).padStart(2)
    case 'H':
      return pad(date.getHours(), 2)
    case 'I':
      return pad(date.getHours() % 12 || 12, 2)
    case 'j':
      return pad(dayOfYear(date), 3)
    case 'm':
      return pad(date.getMonth() + 1, 2)
    case 'M':
      return pad(date.getMinutes(), 2)
    case 'n':
      return '\n'
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM'
    case 's':
      return String(Math.floor(date.getTime() / 1000))
    case 'S':
      return pad(date.getSeconds(), 2)
    case 't':
      return '\t'
    case 'u':
      return String(date.getDay() || 7)
    case 'w':
      return String(date.getDay())
    case 'y':
      return pad(date.getFullYear() % 100, 2)
    case 'Y':
      return String(date.getFullYear())
    case 'z':
      return zone(-date.getTimezoneOffset())
    case '%':
      return '%'
  }
  return undefined
}

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return (midnight - Date.UTC(date.getFullYear(), 0, 0)) / 86_400_000
}

function zone(minutes: number): string {
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}${pad(size % 60, 2)}`
}

/** `value` below 10 to the power of `length`. The sum is cheaper than padding, which takes a tenth of what a line costs. */
export function pad(value: number, length: number): string {
  return String(10 ** length + value).slice(1)
}
