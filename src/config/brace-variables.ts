/** `${name}` in a text, as httpd and Tomcat write it. A name reaches to the first `}`; one that is not closed is text. */

/**
 * Replaces each variable by what `value` answers; undefined leaves it as it stands. Inserted text is not looked at again.
 * What stands behind the place where the result passes `maxChars` stays as it is.
 */
export function replaceVariables(
  text: string,
  value: (name: string, written: string) => string | undefined,
  maxChars = Number.POSITIVE_INFINITY,
): string {
  let result = ''
  let rest = 0
  for (let open = text.indexOf('${'); open !== -1; open = text.indexOf('${', rest)) {
    const close = text.indexOf('}', open)
    if (close === -1 || result.length > maxChars) break
    const written = text.slice(open, close + 1)
    result += text.slice(rest, open) + (value(written.slice(2, -1), written) ?? written)
    rest = close + 1
  }
  return result + text.slice(rest)
}

/** The name of the first variable of a text. */
export function firstVariable(text: string): string | undefined {
  const open = text.indexOf('${')
  const close = open === -1 ? -1 : text.indexOf('}', open)
  return close === -1 ? undefined : text.slice(open + 2, close)
}
