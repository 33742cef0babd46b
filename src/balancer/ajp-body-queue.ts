/** The part of a request body that waits to be asked for: pieces as the client sent them, cut into packets (ajp13.md 3). */
import { MAGIC, type PacketWriter } from '../ajp/index.ts'

export class AjpBodyQueue {
  /** How much waits. */
  bytes = 0
  #pieces: Uint8Array[] = []
  /** What is gone of the first piece. */
  #used = 0

  /** Keeps the piece itself. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.bytes += piece.length
  }

  clear(): void {
    if (this.bytes === 0) return
    this.bytes = 0
    this.#pieces = []
    this.#used = 0
  }

  /** Appends one body packet with the first `count` bytes, of at least as many. */
  writeTo(writer: PacketWriter, count: number): void {
    writer.open(MAGIC.REQUEST)
    writer.u16(count)
    this.bytes -= count
    let at = 0
    for (let left = count; left > 0; ) {
      const piece = this.#pieces[at]!
      const end = Math.min(piece.length, this.#used + left)
      writer.bytes(piece.subarray(this.#used, end))
      left -= end - this.#used
      this.#used = end
      if (end < piece.length) break
      this.#used = 0
      at++
    }
    writer.close()
    if (at > 0) this.#pieces.splice(0, at)
  }
}
