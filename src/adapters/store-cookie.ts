/**
 * The cookie of a session that express-session keeps, as an attribute of ours. It is written only when the application has
 * changed something of it: `expires` moves with every request and is worked out anew from the last one.
 */

/** As express-session has them in `cookie.data`, where stores find them. */
export interface CookieFields {
  readonly originalMaxAge?: number | null | undefined
  readonly maxAge?: number | Date | null | undefined
  readonly expires?: Date | string | null | undefined
}

/** express-session loses a ms or two of `originalMaxAge` where the clock ticks while it sets `maxAge`. */
const DRIFT_MS = 50

export interface FormattedFields {
  /** Undefined if there is no cookie. */
  readonly text: string | undefined
  /** After so much idle time the session ends; undefined = it does not depend on the cookie. */
  readonly maxAgeMs: number | undefined
}

/** `before`: the text that is stored now. */
export function formatFields(cookie: CookieFields | undefined, before: unknown, nowMs: number): FormattedFields {
  if (cookie === undefined) return { text: undefined, maxAgeMs: undefined }
  const own = fieldsOf(cookie)
  const stored = parse(before)
  const { expires: _, maxAge: __, _expires, originalMaxAge: ___, data, ...rest } = own
  const given = maxAgeOf(cookie, nowMs)
  const isSame = given !== undefined && Math.abs(given - (stored?.originalMaxAge ?? Number.NaN)) <= DRIFT_MS
  const maxAgeMs = isSame ? stored!.originalMaxAge! : given
  return {
    text: JSON.stringify({ originalMaxAge: maxAgeMs ?? null, ...rest }),
    // Above 0, which would be "never"; what is over already ends at once.
    maxAgeMs: maxAgeMs === undefined ? undefined : Math.max(1, maxAgeMs),
  }
}

/** Undefined if there was no cookie. `accessedMs`: of the last request. */
export function parseFields(text: unknown, accessedMs: number): CookieFields | undefined {
  const stored = parse(text)
  if (stored === undefined) return undefined
  const { originalMaxAge } = stored
  const expires = typeof originalMaxAge === 'number' ? new Date(accessedMs + originalMaxAge) : null
  return { ...stored, expires, originalMaxAge: originalMaxAge ?? null }
}

function fieldsOf(cookie: CookieFields): Record<string, unknown> {
  const { toJSON } = cookie as { toJSON?: unknown }
  return typeof toJSON === 'function' ? (toJSON.call(cookie) as Record<string, unknown>) : { ...cookie }
}

function maxAgeOf({ originalMaxAge, expires, maxAge }: CookieFields, nowMs: number): number | undefined {
  if (typeof originalMaxAge === 'number') return originalMaxAge
  if (expires !== undefined && expires !== null) return new Date(expires).getTime() - nowMs
  return typeof maxAge === 'number' ? maxAge : undefined
}

/** Comes from other nodes, too: what is no such text is as good as not there. */
function parse(text: unknown): { originalMaxAge?: number | null } | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
