/** A connection in memory, as much of one as node:http asks for. */
import { Duplex } from 'node:stream'

/** Nobody listens to what is written to it. */
export class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done()
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
}
