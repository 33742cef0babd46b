/** Conditional requests and ranges for one file (RFC 9110 13 and 14): pure, over the values of the fields. */

export interface Conditions {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifUnmodifiedSince: string | undefined
  readonly ifRange: string | undefined
  readonly range: string | undefined
}

/** In the order of RFC 9110 13.2.2. Times are whole seconds, in ms. */
export function judgeConditions(
  conditions: Conditions,
  etag: string,
  modifiedMs: number,
): 'go' | 'unchanged' | 'failed' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, etag)) return 'failed'
  } else if (ifUnmodifiedSince !== undefined && modifiedMs > dateMs(ifUnmodifiedSince)) return 'failed'
  if (ifNoneMatch !== undefined) return lists(ifNoneMatch, etag) ? 'unchanged' : 'go'
  return ifModifiedSince !== undefined && modifiedMs <= dateMs(ifModifiedSince) ? 'unchanged' : 'go'
}

/**
 * The bytes that are asked for, end excluded; undefined: all of them. Several ranges in one request are answered with the
 * whole file, which is always allowed (14.2), so that no request can ask for the same bytes a thousand times.
 */
export function readRange(
  { range, ifRange }: Conditions,
  etag: string,
  modifiedMs: number,
  size: number,
): readonly [from: number, end: number] | 'beyond' | undefined {
  if (range === undefined) return undefined
  if (ifRange !== undefined && ifRange !== etag && dateMs(ifRange) !== modifiedMs) return undefined
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(range) ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? 'beyond' : [size - length, size]
  }
  const from = Number(first)
  if (last !== '' && Number(last) < from) return undefined
  if (from >= size) return 'beyond'
  return [from, last === '' ? size : Math.min(Number(last) + 1, size)]
}

/** `*`, or one of the tags; a weak one counts like a strong one, since ours are made of size and time. */
function lists(field: string, etag: string): boolean {
  if (field.trim() === '*') return true
  return field.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/** NaN where it is no date, which compares with nothing. */
function dateMs(text: string): number {
  return /GMT$|\d{4}$/.test(text.trim()) ? Date.parse(text) : Number.NaN
}
