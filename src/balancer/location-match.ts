/** Which paths a section of httpd is about: `<Location /x>`, with wildcards, `<LocationMatch>` (httpd core `ap_location_walk`). */
import { asBytes } from './as-bytes.ts'

export interface LocationOptions {
  readonly location: string
  readonly match?: 'prefix' | 'glob' | 'regexp'
}

const SLASH = 0x2f

/** Patterns are compared as bytes, like the paths they meet. */
export function compileLocation({ location, match = 'prefix' }: LocationOptions): (path: string) => boolean {
  const bytes = asBytes(location)
  if (match === 'prefix') return prefix(bytes)
  const pattern = match === 'glob' ? new RegExp(`^${globSource(bytes)}$`, 's') : readRegExp(bytes)
  return (path) => pattern.test(path)
}

/** `(?i)` at the beginning makes upper and lower case equal, as in PCRE. Throws a SyntaxError. */
export function readRegExp(source: string): RegExp {
  return source.startsWith('(?i)') ? new RegExp(source.slice(4), 'i') : new RegExp(source)
}

/** `/private` is not `/privately`; with a slash at its end only what is below is meant. */
function prefix(location: string): (path: string) => boolean {
  const onlyBelow = location.length > 1 && location.endsWith('/')
  const start = location.endsWith('/') ? location.slice(0, -1) : location
  return (path) => {
    if (!path.startsWith(start)) return false
    return path.length === start.length ? !onlyBelow : path.charCodeAt(start.length) === SLASH
  }
}

/** fnmatch with FNM_PATHNAME: no wildcard stands for a slash. */
function globSource(glob: string): string {
  return glob.replace(
    /\*+|\?|\[([!^]?)([^\]]+)\]|[\s\S]/g,
    (token, negation: string | undefined, set: string | undefined) => {
      if (token.startsWith('*')) return '[^/]*'
      if (token === '?') return '[^/]'
      if (set === undefined) return token.replace(/[\\^$.|+(){}[\]]/g, '\\$&')
      return `(?!/)[${negation === '' ? '' : '^'}${set.replace(/[\\^]/g, '\\$&')}]`
    },
  )
}
