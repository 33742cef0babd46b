/**
 * bcrypt as htpasswd -B writes it (`$2y$COST$SALT HASH`; Provos and Mazières, "A Future-Adaptable Password Scheme"), for
 * passwords of Basic authentication. It is slow by design: the work is done in slices between other events.
 *
 * Blowfish begins with the digits of pi, 18 + 4 × 256 words of them; they are computed instead of written down.
 */

/** htpasswd's own limit is 17; a check at 14 takes a second or two. */
export const MAX_COST = 14
/** bcrypt sees no more of a password. */
const MAX_PASSWORD_BYTES = 72

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const WORDS = 18 + 4 * 256
/** Key expansions in a row: some milliseconds. */
const SLICE = 16
/** "OrpheanBeholderScryDoubt". */
const TEXT = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274]

const PATTERN = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/

/** A hash that {@link matchesBcrypt} can check. */
export function isBcrypt(hash: string): boolean {
  const cost = Number(PATTERN.exec(hash)?.[1] ?? 0)
  return cost >= 4 && cost <= MAX_COST
}

/** The 23 bytes that the hash of this password must end with, or undefined when the hash is none. */
export async function bcryptDigest(password: string, hash: string): Promise<Buffer | undefined> {
  const [, cost = '', salt = ''] = PATTERN.exec(hash) ?? []
  if (!isBcrypt(hash)) return undefined
  const saltWords = toWords(fromBase64(salt, 16))
  const bytes = Buffer.from(password, 'utf8').subarray(0, MAX_PASSWORD_BYTES)
  // The NUL behind the password belongs to the key, as far as it fits.
  const key = keyWords(Buffer.concat([bytes, Buffer.of(0)]).subarray(0, MAX_PASSWORD_BYTES))
  const saltKey = keyWords(fromBase64(salt, 16))
  const state = new Int32Array(pi())
  expand(state, key, saltWords)
  const rounds = 2 ** Number(cost)
  for (let round = 0; round < rounds; round++) {
    expand(state, key, NO_SALT)
    expand(state, saltKey, NO_SALT)
    if (round % SLICE === SLICE - 1) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const text = new Int32Array(TEXT)
  for (let block = 0; block < text.length; block += 2) for (let i = 0; i < 64; i++) encipher(state, text, block)
  const digest = Buffer.alloc(24)
  for (const [index, word] of text.entries()) digest.writeInt32BE(word, index * 4)
  return digest.subarray(0, 23)
}

/** The digest that stands in a hash. */
export function bcryptTail(hash: string): Buffer {
  return fromBase64(PATTERN.exec(hash)?.[3] ?? '', 23)
}

const NO_SALT = new Int32Array(4)

/** One round of the key schedule; the salt of the later ones is zero. */
function expand(state: Int32Array, key: Int32Array, salt: Int32Array): void {
  for (let i = 0; i < 18; i++) state[i]! ^= key[i]!
  const block = new Int32Array(2)
  for (let i = 0, at = 0; i < WORDS; i += 2, at ^= 2) {
    block[0]! ^= salt[at]!
    block[1]! ^= salt[at + 1]!
    encipher(state, block, 0)
    state[i] = block[0]!
    state[i + 1] = block[1]!
  }
}

function encipher(state: Int32Array, block: Int32Array, at: number): void {
  let left = block[at]! ^ state[0]!
  let right = block[at + 1]!
  for (let round = 1; round <= 16; round += 2) {
    right ^= mix(state, left) ^ state[round]!
    left ^= mix(state, right) ^ state[round + 1]!
  }
  block[at] = right ^ state[17]!
  block[at + 1] = left
}

function mix(state: Int32Array, x: number): number {
  const sum = state[18 + (x >>> 24)]! + state[274 + ((x >>> 16) & 0xff)]!
  return ((sum ^ state[530 + ((x >>> 8) & 0xff)]!) + state[786 + (x & 0xff)]!) | 0
}

/** A key goes round and round until it fills 18 words. */
function keyWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(18)
  for (let i = 0; i < 72; i++) words[i >> 2] = (words[i >> 2]! << 8) | bytes[i % bytes.length]!
  return words
}

function toWords(bytes: Buffer): Int32Array {
  return Int32Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32BE(index * 4))
}

function fromBase64(text: string, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let bits = 0
  let buffer = 0
  let at = 0
  for (const character of text) {
    buffer = (buffer << 6) | ALPHABET.indexOf(character)
    bits += 6
    if (bits < 8) continue
    bits -= 8
    if (at < length) bytes[at++] = (buffer >> bits) & 0xff
  }
  return bytes
}

let digits: Int32Array | undefined

/** The fraction of pi in words of 32 bits (Machin: pi = 16 arctan 1/5 − 4 arctan 1/239). */
function pi(): Int32Array {
  if (digits !== undefined) return digits
  const guard = 64n
  const one = 1n << (BigInt(WORDS * 32) + guard)
  const arctan = (x: bigint): bigint => {
    let term = one / x
    let sum = term
    for (let n = 3n, sign = -1n; term > 0n; n += 2n, sign = -sign) {
      term /= x * x
      sum += (sign * term) / n
    }
    return sum
  }
  const fraction = (16n * arctan(5n) - 4n * arctan(239n) - 3n * one) >> guard
  const bytes = Buffer.from(fraction.toString(16).padStart(WORDS * 8, '0'), 'hex')
  digits = Int32Array.from({ length: WORDS }, (_, index) => bytes.readInt32BE(index * 4))
  return digits
}
