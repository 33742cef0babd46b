/** Texts for formats that are read line by line. */

/** A name with a line break in it must not be able to write a line of its own. */
export function onOneLine(text: string): string {
  return text.replace(/[\0-\x1f\x7f\u2028\u2029]/g, '@')
}
