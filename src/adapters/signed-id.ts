/**
 * Ids that carry a signature, for those who want one. An id is random and says nothing, so a signature adds no secrecy:
 * it spares the table a look-up for what was never ours, and a new secret ends all sessions at once.
 *
 *   key "-" signature [ "." route ]      the signature is of the key alone, since the route changes on failover
 *
 * The route stays where balancers look for it: behind the first dot (mod_jk.md 3.5).
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

export type Secret = string | Uint8Array | KeyObject

export interface VerifiedId {
  /** Without the signature. */
  readonly id: string
  /** Signed with the first secret; others are on their way out. */
  readonly isCurrent: boolean
}

/** 32 upper-case hexadecimal digits, 32 bytes in base64url, perhaps a route. */
const SIGNED = /^([0-9A-F]{32})-([A-Za-z0-9_-]{43})((?:\..*)?)$/
const KEY_CHARS = 32

export class IdSigner {
  readonly #secrets: readonly Secret[]

  /** The first one signs; all verify. */
  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets
  }

  sign(id: string): string {
    const key = id.slice(0, KEY_CHARS)
    return `${key}-${signature(this.#secrets[0]!, key).toString('base64url')}${id.slice(KEY_CHARS)}`
  }

  /** Undefined for what was not signed with any of the secrets. */
  verify(value: string): VerifiedId | undefined {
    const match = SIGNED.exec(value)
    if (match === null) return undefined
    const [, key, given, route] = match as unknown as [string, string, string, string]
    const bytes = Buffer.from(given, 'base64url')
    const index = this.#secrets.findIndex((secret) => timingSafeEqual(bytes, signature(secret, key)))
    return index < 0 ? undefined : { id: key + route, isCurrent: index === 0 }
  }
}

function signature(secret: Secret, key: string): Buffer {
  return createHmac('sha256', secret).update(key).digest()
}
