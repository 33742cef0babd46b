/**
 * Regular expressions of httpd (PCRE) as JavaScript's. What both write alike is taken over, what JavaScript spells otherwise
 * is rewritten, and what would silently mean something else is an error.
 */
import { type Complaints, shown } from './complaint.ts'
import type { Word } from './httpd-lines.ts'

const classes: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
  punct: '!-\\/:-@\\[-`{-~',
}

/** Letters behind a backslash that mean the same in both. */
const sameEscapes = /^[dDwWsSbBnrtfv0-9x]$/

/** The expression, with `(?i)` before it when it knows no case; undefined after a complaint. */
export function readPattern(
  word: Word,
  directive: string,
  ignoreCase: boolean,
  complaints: Complaints,
): string | undefined {
  const written = word.text.startsWith('(?i)') ? word.text.slice(4) : word.text
  const foreign = /\\([A-Za-z])/g
  const body = written
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(/\\[AzZ]/g, (anchor) => (anchor === '\\A' ? '^' : '$'))
    .replace(/\\h/g, '[ \\t]')
  const odd = [...body.matchAll(foreign)].find(([, letter = '']) => !sameEscapes.test(letter))?.[0]
  const complain = (why: string): undefined => {
    const message = `${shown(word.text)} cannot be used: ${why}`
    complaints.add(
      'CONFIG_PATTERN',
      word.at,
      directive,
      message,
      'write it with what PCRE and JavaScript have in common',
    )
    return undefined
  }
  if (odd !== undefined) return complain(`${odd} has another meaning in JavaScript`)
  if (/\[:\w+:\]/.test(body)) return complain('the class is not known')
  if (/\(\?[#>|+&RP(]|\(\?-?[imsx]+[-:)]|[*+?}]\+/.test(body)) return complain('JavaScript has no such group')
  try {
    new RegExp(body)
  } catch (error) {
    // The message repeats the expression.
    return complain((error as Error).message.replace(/^.*: /s, ''))
  }
  return ignoreCase || written !== word.text ? `(?i)${body}` : body
}
