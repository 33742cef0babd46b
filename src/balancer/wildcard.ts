/**
 * Patterns with `*` (any characters, also `/`) and `?` (one character, also `/`) (mod_jk.md 3.2).
 *
 * A pattern is cut at its stars into pieces that must follow one another. The first piece is tied to the beginning and
 * the last one to the end; each other piece takes the first place where it fits, which never has to be taken back. So
 * a text is walked through once: its characters are compared at most once per character of the longest piece, however
 * many stars there are. Patterns come from the operator, texts from anyone.
 */

export type Matcher = (text: string) => boolean

export function hasWildcard(pattern: string): boolean {
  return pattern.includes('*') || pattern.includes('?')
}

/** Compiles a pattern; the common shapes (no wildcard, `/app/*`) become one comparison. */
export function compileWildcard(pattern: string): Matcher {
  const pieces = pattern.split('*')
  const hasSingles = pattern.includes('?')
  const [first = ''] = pieces
  if (pieces.length === 1)
    return hasSingles ? (text) => text.length === first.length && fits(first, text, 0) : (text) => text === first
  if (pieces.length === 2 && pieces[1] === '' && !hasSingles) return (text) => text.startsWith(first)

  const last = pieces[pieces.length - 1]!
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '')
  const shortest = pattern.length - (pieces.length - 1)
  return (text) => {
    if (text.length < shortest || !fits(first, text, 0) || !fits(last, text, text.length - last.length)) return false
    const end = text.length - last.length
    let from = first.length
    for (const piece of middle) {
      const at = find(piece, text, from)
      if (at === -1 || at + piece.length > end) return false
      from = at + piece.length
    }
    return true
  }
}

function fits(piece: string, text: string, at: number): boolean {
  if (!piece.includes('?')) return text.startsWith(piece, at)
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] !== '?' && piece[i] !== text[at + i]) return false
  }
  return true
}

function find(piece: string, text: string, from: number): number {
  if (!piece.includes('?')) return text.indexOf(piece, from)
  for (let at = from; at + piece.length <= text.length; at++) {
    if (fits(piece, text, at)) return at
  }
  return -1
}
