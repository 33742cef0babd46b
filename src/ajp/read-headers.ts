/**
 * The headers of a request or response as they travel: each a name, as a code or a string, and a value (ajp13.md 2.3, 4.1).
 * How many they are has been read before; what they mean is for whoever watches.
 */
import { VALUE } from './chars.ts'
import { type HeaderCodes, NO_CODE } from './header-codes.ts'
import type { PayloadReader } from './payload-reader.ts'

export interface HeaderWatcher {
  /** Is shown every header; `code` is that of the name, also when it travels as a string. */
  see(code: number, name: string, value: string): void
}

/** Name, value, name, value. */
export function readHeaders(
  reader: PayloadReader,
  count: number,
  codes: HeaderCodes,
  watcher: HeaderWatcher,
): string[] {
  const headers: string[] = []
  for (let i = 0; i < count; i++) {
    let code = reader.headerCode()
    let name: string
    if (code === NO_CODE) {
      name = reader.headerName()
      code = codes.codeOf(name)
    } else {
      const coded = codes.nameOf(code)
      if (coded === undefined) throw reader.fail('AJP_HEADER_CODE', `A0${code.toString(16).padStart(2, '0')}`)
      name = coded
    }
    const value = reader.text(VALUE)
    watcher.see(code, name, value)
    headers.push(name, value)
  }
  return headers
}
