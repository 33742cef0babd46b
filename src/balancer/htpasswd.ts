/** Entries of an htpasswd file: is this the password? bcrypt (`-B`), apr1 (`-m`, Apache's MD5) and SHA (`-s`). */
import { createHash, timingSafeEqual } from 'node:crypto'
import { bcryptDigest, bcryptTail, isBcrypt } from './bcrypt.ts'

const APR1 = /^\$apr1\$([^$]{1,8})\$([./0-9A-Za-z]{22})$/
const SHA = /^\{SHA\}([+/0-9A-Za-z]{27}=)$/
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ROUNDS = 1_000

/** Whether the entry is of a kind that can be checked. crypt(3) and plain text are not. */
export function isPasswordHash(hash: string): boolean {
  return APR1.test(hash) || SHA.test(hash) || isBcrypt(hash)
}

export async function isPassword(password: string, hash: string): Promise<boolean> {
  const apr1Parts = APR1.exec(hash)
  if (apr1Parts !== null) return isEqual(apr1(password, apr1Parts[1]!), apr1Parts[2]!)
  const sha = SHA.exec(hash)
  if (sha !== null) return isEqual(createHash('sha1').update(password, 'utf8').digest('base64'), sha[1]!)
  const digest = await bcryptDigest(password, hash)
  return digest !== undefined && timingSafeEqual(digest, bcryptTail(hash))
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** FreeBSD's MD5 crypt with Apache's mark (httpd, "Password Formats"). */
export function apr1(password: string, salt: string): string {
  const key = Buffer.from(password, 'utf8')
  const inner = md5(key, salt, key)
  const first = createHash('md5').update(key).update(`$apr1$${salt}`)
  for (let left = key.length; left > 0; left -= 16) first.update(inner.subarray(0, Math.min(16, left)))
  for (let bits = key.length; bits > 0; bits >>= 1) first.update((bits & 1) === 1 ? Buffer.of(0) : key.subarray(0, 1))
  let digest: Buffer = first.digest()
  for (let round = 0; round < ROUNDS; round++) {
    const parts: (Buffer | string)[] = [round % 2 === 1 ? key : digest]
    if (round % 3 !== 0) parts.push(salt)
    if (round % 7 !== 0) parts.push(key)
    parts.push(round % 2 === 1 ? digest : key)
    digest = md5(...parts)
  }
  let text = ''
  for (const [a, b, c] of TRIPLES) text += base64((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4)
  return text + base64(digest[11]!, 2)
}

const TRIPLES = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const

function md5(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function base64(value: number, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += ALPHABET[(value >> (6 * i)) & 0x3f]
  return text
}
