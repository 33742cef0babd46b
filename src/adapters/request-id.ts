/**
 * The session ids that a request brings: well-formed, with a signature where one is wanted, and not more than a few. What
 * is something else is not looked up, logged or echoed.
 */
import type { IncomingMessage } from 'node:http'
import { type PresentedId, parseSessionId } from '../session/index.ts'
import { findInCookies, findInPath } from './cookie-header.ts'
import type { ResolvedHttpSessionOptions } from './options.ts'

export interface RequestId extends PresentedId {
  /** Its signature is of the present secret, or needs none. */
  readonly isCurrent: boolean
}

/** Most ids of one request that are looked at; the balancer has the same limit. */
const MAX_IDS = 32

const NONE: readonly RequestId[] = []

/**
 * In the order in which they count: cookies before the path, as in Tomcat (CoyoteAdapter.parseSessionCookiesId). An id in
 * the path is taken out of the request's URL, where the options ask for such ids.
 */
export function presentedIds(
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  { name, pathParameter, signer }: Pick<ResolvedHttpSessionOptions, 'name' | 'pathParameter' | 'signer'>,
): readonly RequestId[] {
  const { cookie } = request.headers
  const inPath = pathParameter === undefined ? undefined : findInPath(request.url ?? '', pathParameter)
  if (inPath !== undefined) request.url = inPath.url
  if (cookie === undefined && inPath === undefined) return NONE
  const ids: RequestId[] = []
  /** True: it is enough. */
  const take = (value: string): true | undefined => {
    const verified = signer === undefined ? { id: value, isCurrent: true } : signer.verify(value)
    const parsed = verified && parseSessionId(verified.id)
    if (parsed !== undefined) ids.push({ key: parsed.key, route: parsed.route, isCurrent: verified!.isCurrent })
    return ids.length >= MAX_IDS || undefined
  }
  if (cookie !== undefined) findInCookies(cookie, name, take)
  if (inPath !== undefined) take(inPath.value)
  return ids
}
