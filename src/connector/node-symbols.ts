/**
 * Where Node keeps what it does not publish about a response, under the same names since Node 10. In a version that has
 * other ones these are null, and those who use them say what happens then.
 */
import { OutgoingMessage } from 'node:http'

const symbols = Object.getOwnPropertySymbols(new OutgoingMessage())

/** What `setHeader` was given; nothing public tells that from what `writeHead` is given. */
export const SET_HEADERS: symbol | null = named('kOutHeaders')
/** What `writableNeedDrain` reads. */
export const NEEDS_DRAIN: symbol | null = named('kNeedDrain')

function named(description: string): symbol | null {
  return symbols.find((symbol) => symbol.description === description) ?? null
}
