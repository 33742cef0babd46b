/** Damages packets, the same way for the same seed. */

/** Numbers below 2^32 from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Values that decide something somewhere: codes, lengths, terminators, line ends. */
const TELLING = [0x00, 0x01, 0x02, 0x03, 0x0a, 0x0d, 0x0e, 0x0f, 0x20, 0x7f, 0x80, 0xa0, 0xfe, 0xff]

/** A copy of `bytes` with one to four bytes changed, put in, taken out or repeated. */
export function mutated(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes)
  for (let changes = 1 + (random() % 4); changes > 0; changes--) {
    const at = random() % (result.length + 1)
    const byte = random() % 2 === 0 ? TELLING[random() % TELLING.length]! : random() & 0xff
    const head = result.subarray(0, at)
    switch (random() % 4) {
      case 0:
        if (at < result.length) result[at] = byte
        break
      case 1:
        result = Buffer.concat([head, Buffer.of(byte), result.subarray(at)])
        break
      case 2:
        result = Buffer.concat([head, result.subarray(at + 1 + (random() % 8))])
        break
      default:
        result = Buffer.concat([head, result.subarray(Math.max(0, at - (random() % 16)))])
    }
  }
  return result
}
