/**
 * Where Node keeps what it does not publish about a response. In a version that has other names these are null, and those
 * who use them say what happens then.
 */
import { OutgoingMessage } from 'node:http'

const symbols = Object.getOwnPropertySymbols(new OutgoingMessage())

/** Since 10: what `setHeader` was given; nothing public tells that from what `writeHead` is given. */
export const SET_HEADERS: symbol | null = named('kOutHeaders')
/** Since 15: what `writableNeedDrain` reads. */
export const NEEDS_DRAIN: symbol | null = named('kNeedDrain')
/** Since 24: what `writableFinished` reads; before, it looks at the socket. */
export const IS_FINISHED: symbol | null = named('kWritableFinished')
/** Since 24: what `end` was given, an array or null; before, these were listeners of `finish`. */
export const END_CALLBACKS: symbol | null = named('kEndCallbacks')

function named(description: string): symbol | null {
  return symbols.find((symbol) => symbol.description === description) ?? null
}
