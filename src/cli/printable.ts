/** Text of others, for a terminal: nothing in it can play with one, or begin a line of its own. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?')
}
