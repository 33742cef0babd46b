/** Writes an answer as a framework does: a small one at once and with its length, a large one with back-pressure. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

const SMALL_BYTES = 8_184
const PERIOD = 251

export class Output {
  readonly #response: ServerResponse
  readonly #facts: Map<string, string>
  #held: Buffer[] | undefined = []
  #heldBytes = 0

  constructor(response: ServerResponse, facts: Map<string, string>) {
    this.#response = response
    this.#facts = facts
  }

  async write(piece: Buffer): Promise<void> {
    if (this.#held !== undefined) {
      this.#held.push(piece)
      this.#heldBytes += piece.length
      if (this.#heldBytes <= SMALL_BYTES) return
      return this.flush()
    }
    if (this.#response.destroyed) throw new Error('the client has gone')
    if (!this.#response.write(piece)) await this.#writable()
  }

  /** Byte i is i mod 251, so that no piece looks like another. */
  async pattern(count: number): Promise<void> {
    const piece = Buffer.alloc(PERIOD * 64)
    for (let i = 0; i < piece.length; i++) piece[i] = i % PERIOD
    for (let written = 0; written < count; ) {
      const part = piece.subarray(0, Math.min(piece.length, count - written))
      await this.write(part)
      written += part.length
      this.#facts.set('written', String(written))
    }
  }

  async flush(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    this.#response.flushHeaders()
    if (held !== undefined && held.length > 0) await this.write(Buffer.concat(held))
  }

  end(): void {
    const response = this.#response
    if (response.writableEnded) return
    if (this.#held === undefined) {
      response.end()
      return
    }
    const bodyless = response.statusCode === 204 || response.statusCode === 304
    if (!bodyless && !response.hasHeader('content-length')) response.setHeader('Content-Length', this.#heldBytes)
    response.end(Buffer.concat(this.#held))
  }

  async #writable(): Promise<void> {
    const stop = new AbortController()
    const { signal } = stop
    const gone = once(this.#response, 'close', { signal }).then(() => {
      throw new Error('the client has gone')
    })
    const drained = once(this.#response, 'drain', { signal })
    try {
      await Promise.race([gone, drained])
    } finally {
      stop.abort()
      await Promise.allSettled([gone, drained])
    }
  }
}
