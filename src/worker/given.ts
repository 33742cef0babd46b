/** `{ [key]: value }`, or nothing where there is no value: so that the other room's default holds. */
export function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
