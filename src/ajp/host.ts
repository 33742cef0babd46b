/**
 * Whether a Host header names a host, with or without a port (ajp13.md 6.4 rows 23 and 24). As Tomcat has it, with one
 * difference: `_` is taken, as httpd and Node do. The empty text is a host, too: it is what a target without an authority
 * demands (RFC 9112 3.2).
 */
import { CHAR, LABEL } from './chars.ts'

/** 2^31-1, where Tomcat stops. */
const MAX_PORT = 0x7fff_ffff
/** An IPv6 address with an IPv4 tail has 45 characters. */
const MAX_LITERAL = 47

const DOT = 0x2e
const HYPHEN = 0x2d
const COLON = 0x3a
const OPEN = 0x5b

export function isHost(text: string): boolean {
  if (text === '') return true
  const end = text.charCodeAt(0) === OPEN ? endOfLiteral(text) : endOfName(text)
  return end !== -1 && (end === text.length || isPort(text, end))
}

/** Labels of letters, digits, `-`, `_` and `~`, none empty and none led by `-`; one dot may close the name. */
function endOfName(text: string): number {
  let labelStart = 0
  let at = 0
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === COLON) break
    if (char === DOT) {
      if (at === labelStart) return -1
      labelStart = at + 1
    } else if (char > 0xff || (CHAR[char]! & LABEL) === 0 || (char === HYPHEN && at === labelStart)) return -1
  }
  return at === 0 ? -1 : at
}

function endOfLiteral(text: string): number {
  const close = text.indexOf(']')
  if (close === -1 || close >= MAX_LITERAL) return -1
  for (let at = 1; at < close; at++) {
    if (!isLiteralChar(text.charCodeAt(at))) return -1
  }
  return URL.canParse(`http://${text.slice(0, close + 1)}/`) ? close + 1 : -1
}

function isLiteralChar(char: number): boolean {
  const isDigit = char >= 0x30 && char <= 0x39
  const isHex = (char | 0x20) >= 0x61 && (char | 0x20) <= 0x66
  return isDigit || isHex || char === COLON || char === DOT
}

/** A colon and any digits, none included. */
function isPort(text: string, colon: number): boolean {
  if (text.charCodeAt(colon) !== COLON) return false
  let port = 0
  for (let at = colon + 1; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return false
    port = port * 10 + digit
    if (port > MAX_PORT) return false
  }
  return true
}
