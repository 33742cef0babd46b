/** Messages as the order layer of another node sends them. */
import type { LoneLayer } from './lone-layer.ts'

/** A body with its number behind it. */
export function numbered(number: number, text = String(number)): Buffer {
  const trailer = Buffer.alloc(4)
  trailer.writeInt32BE(number)
  return Buffer.concat([Buffer.from(text), trailer])
}

export function receiveAll(lone: LoneLayer, numbers: number[]): void {
  for (const number of numbers) lone.receive(numbered(number))
}
