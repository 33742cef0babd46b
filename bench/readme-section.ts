/** Puts the newest tables of a scenario into a Markdown file, between two markers, and leaves the rest alone. */

export function replaceSection(markdown: string, name: string, body: string): string {
  const [begin, end] = [`<!-- bench:${name}:begin -->`, `<!-- bench:${name}:end -->`]
  const section = `${begin}\n\n${body.trim()}\n\n${end}`
  const from = markdown.indexOf(begin)
  const to = markdown.indexOf(end)
  if (from < 0 && to < 0) return `${markdown.trimEnd()}\n\n## ${name}\n\n${section}\n`
  if (from < 0 || to < from) throw new Error(`the markers of ${name} are not a pair: ${begin} … ${end}`)
  return markdown.slice(0, from) + section + markdown.slice(to + end.length)
}
