import type { Fields } from '../http1/index.ts'

/** The value of a field by its lower-case name; the first, where there are several. */
export function firstField({ names, values }: Fields, name: string): string | undefined {
  const at = names.findIndex((each) => each.length === name.length && each.toLowerCase() === name)
  return at === -1 ? undefined : values[at]
}
