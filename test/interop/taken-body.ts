/** What is kept of a body that passes by: how long it was, its hash and its beginning, gzip undone. */
import { createHash, type Hash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/** Kept to be looked at. */
const KEPT_BYTES = 4_096

export class TakenBody {
  readonly #hash: Hash = createHash('sha256')
  /** Of a gzip body, which is short. */
  readonly #zipped: Buffer[] | undefined
  #bytes = 0
  #text = ''

  constructor(isZipped: boolean) {
    this.#zipped = isZipped ? [] : undefined
  }

  add(piece: Buffer): void {
    if (this.#zipped !== undefined) {
      this.#zipped.push(Buffer.from(piece))
      return
    }
    this.#bytes += piece.length
    this.#hash.update(piece)
    if (this.#text.length < KEPT_BYTES) this.#text += piece.subarray(0, KEPT_BYTES).toString('latin1')
  }

  result(): { bytes: number; sha256: string; text: string } {
    if (this.#zipped !== undefined) {
      const plain = gunzipSync(Buffer.concat(this.#zipped))
      this.#bytes = plain.length
      this.#hash.update(plain)
    }
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex'), text: this.#text }
  }
}
