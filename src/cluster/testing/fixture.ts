/** Reads the recorded bytes in `fixtures/`, and makes members for tests. */
import { readFileSync } from 'node:fs'
import { createMember, type Member } from '../member.ts'

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}.bin`, import.meta.url))
}

/** Sixteen bytes that count up from `first`, as the unique ids in the fixtures do. */
export function countingId(first: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => (first + i) & 0xff)
}

/** 10.0.0.x:port with a unique id of its own. */
export function testMember(lastByte: number, fields: Partial<Member> = {}): Member {
  return createMember({
    host: Uint8Array.of(10, 0, 0, lastByte),
    port: 4000,
    uniqueId: countingId(lastByte),
    ...fields,
  })
}
