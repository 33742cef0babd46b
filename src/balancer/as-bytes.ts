/**
 * Text as this room has what travels: one character for each byte, as `latin1` reads it, so that fields, paths and names are
 * compared and passed on as they came, whatever their coding.
 */
export function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
