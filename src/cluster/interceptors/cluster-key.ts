/** What people write as the key of a cluster -> key. Nothing here prints one: a complaint tells its length at most. */
import { createSecretKey, type KeyObject, scrypt } from 'node:crypto'

/** AES-128, AES-192 and AES-256. */
const KEY_BYTES: readonly number[] = [16, 24, 32]
/** The current one, the next one, and some that are on their way out. */
export const MAX_KEYS = 8

/** 128 MiB and about half a second per try (RFC 7914; OWASP's figures for 2^17). */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const

/** Undefined, with a complaint, when it is no key. */
export function parseKey(given: string | Uint8Array, where: string, complaints: string[]): KeyObject | undefined {
  const bytes = typeof given === 'string' ? keyBytes(given) : given
  if (bytes === undefined) {
    complaints.push(`${where} is neither hex nor base64`)
    return undefined
  }
  if (!KEY_BYTES.includes(bytes.length)) {
    complaints.push(`${where} has ${bytes.length} bytes, it must have 16, 24 or 32`)
    return undefined
  }
  if (bytes.every((byte) => byte === bytes[0])) {
    complaints.push(`${where} is one byte over and over: make one with "openssl rand -hex 32"`)
    return undefined
  }
  return createSecretKey(bytes)
}

/** At least one, at most {@link MAX_KEYS}, none twice. */
export function parseKeys(given: readonly (string | Uint8Array)[], complaints: string[]): readonly KeyObject[] {
  if (given.length === 0) complaints.push('encryption.keys is empty')
  if (given.length > MAX_KEYS) complaints.push(`encryption.keys has ${given.length} keys, at most ${MAX_KEYS}`)
  const keys: KeyObject[] = []
  given.slice(0, MAX_KEYS).forEach((text, i) => {
    const key = parseKey(text, `encryption.keys[${i}]`, complaints)
    if (key === undefined) return
    const same = keys.findIndex((other) => other.equals(key))
    if (same >= 0) complaints.push(`encryption.keys[${i}] is encryption.keys[${same}] again`)
    keys.push(key)
  })
  return keys
}

/**
 * A key from words that people remember. Guessing is slowed down, not prevented: prefer 32 random bytes.
 *
 * @param clusterName makes the keys of two clusters with the same words differ
 */
export function keyFromPassphrase(passphrase: string, clusterName: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const salt = `clowder cluster key/${clusterName}`
    scrypt(passphrase.normalize('NFKC'), salt, 32, SCRYPT, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

/** Hex where every character is a hex digit, which no base64 of a random key is. */
function keyBytes(text: string): Buffer | undefined {
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex')
  return /^[0-9a-z+/_-]+={0,2}$/i.test(text) ? Buffer.from(text, 'base64') : undefined
}
