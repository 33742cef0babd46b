/**
 * HTTP Basic authentication (RFC 7617) against the entries of an htpasswd file. A check is slow on purpose, so those that
 * came out well are remembered (by a keyed digest, not by the password), checks are done one after the other, and only so
 * many may wait, of one client fewer than of all. Who has left does not wait any longer. A name that is not known costs as
 * much as one that is.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { isPassword, isPasswordHash } from './htpasswd.ts'

/** Of the field's value; names and passwords are shorter. */
export const MAX_CREDENTIALS_BYTES = 1_024
/** Good credentials that are remembered for each section. */
export const MAX_REMEMBERED = 1_024
/** Checks that wait; further requests get 503. */
export const MAX_WAITING = 64
/** Of these for one address: more than the six connections of a browser, and few enough to leave room for others. */
export const MAX_WAITING_OF_ONE = 8

export type Proved = { readonly user: string | undefined; readonly busy?: true }

const NOBODY: Proved = { user: undefined }
const BUSY: Proved = { user: undefined, busy: true }

/** Whose hash is checked for a name that is not there, when there is none at all to take the cost from. */
const NO_HASH = '$apr1$clowder0$......................'

/** Whose request waits for a check, and whether it still does. */
export interface Asker {
  readonly client: { readonly address: string }
  readonly finished: boolean
}

interface Waiting {
  readonly asker: Asker
  /** Never rejects. */
  check(): Promise<void>
  leave(): void
}

/** Checks of all sections wait in one line. */
let line: Waiting[] = []
let isChecking = false

export class BasicAuth {
  /** The field that asks for credentials, with its CRLF. */
  readonly challenge: string
  readonly #users: ReadonlyMap<string, string>
  readonly #decoy: string
  readonly #key = randomBytes(32)
  /** Digest of the field to the user, the latest last. */
  readonly #good = new Map<string, string>()

  constructor(realm: string, users: readonly (readonly [name: string, hash: string])[]) {
    this.challenge = `WWW-Authenticate: Basic realm="${realm.replace(/[\\"]/g, '\\$&')}"\r\n`
    // Of a name that stands there twice the first line counts, as in httpd.
    this.#users = new Map(users.toReversed())
    const hashes = users.map(([, hash]) => hash).filter(isPasswordHash)
    this.#decoy = hashes.toSorted((a, b) => costOf(b) - costOf(a))[0] ?? NO_HASH
  }

  /** Who the value of an Authorization field proves to be; at once where it is known. */
  prove(authorization: string | undefined, asker: Asker): Proved | Promise<Proved> {
    const credentials = authorization === undefined ? undefined : readCredentials(authorization)
    if (credentials === undefined) return NOBODY
    const digest = createHmac('sha256', this.#key).update(authorization!, 'latin1').digest('base64')
    const known = this.#good.get(digest)
    if (known !== undefined) return { user: known }
    if (!hasRoomFor(asker.client.address)) return BUSY
    return new Promise((resolve, reject) => {
      const check = () => this.#check(credentials, digest).then(resolve, reject)
      line.push({ asker, check, leave: () => resolve(NOBODY) })
      if (!isChecking) void checkAll()
    })
  }

  async #check({ name, password }: Credentials, digest: string): Promise<Proved> {
    // The connections of a browser ask with the same password at the same time.
    if (this.#good.has(digest)) return { user: name }
    const hash = this.#users.get(name)
    const isRight = await isPassword(password, hash ?? this.#decoy)
    if (hash === undefined || !isRight) return NOBODY
    const [oldest] = this.#good.keys()
    if (this.#good.size >= MAX_REMEMBERED && oldest !== undefined) this.#good.delete(oldest)
    this.#good.set(digest, name)
    return { user: name }
  }
}

/** Those who have left give their places up. */
function hasRoomFor(address: string): boolean {
  for (const { asker, leave } of line) if (asker.finished) leave()
  line = line.filter(({ asker }) => !asker.finished)
  if (line.length >= MAX_WAITING) return false
  return line.filter(({ asker }) => asker.client.address === address).length < MAX_WAITING_OF_ONE
}

async function checkAll(): Promise<void> {
  isChecking = true
  for (;;) {
    // Even a short check must not keep other requests from being read, or clients from leaving.
    await new Promise<void>((resolve) => setImmediate(resolve))
    const next = line.shift()
    if (next === undefined) break
    if (next.asker.finished) next.leave()
    else await next.check()
  }
  isChecking = false
}

/** Orders hashes by what a check of them takes: bcrypt by its exponent, then apr1, then a single digest. */
function costOf(hash: string): number {
  const exponent = /^\$2[aby]\$(\d\d)/.exec(hash)?.[1]
  if (exponent !== undefined) return 2 + Number(exponent)
  return hash.startsWith('$apr1$') ? 1 : 0
}

interface Credentials {
  readonly name: string
  readonly password: string
}

/** `Basic BASE64(NAME:PASSWORD)`; a name without control characters, which travels on and into logs. */
export function readCredentials(value: string): Credentials | undefined {
  if (value.length > MAX_CREDENTIALS_BYTES) return undefined
  const encoded = /^basic +([+/0-9A-Za-z]+={0,2}) *$/i.exec(value)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || /[\x00-\x1f\x7f]/.test(text)) return undefined
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
