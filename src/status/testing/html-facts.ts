/** What a page of mod_jk or ours says, apart from how it says it: headings, tables, forms and links. */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#169': '©',
  nbsp: ' ',
}

/** Of tables that have no name in mod_jk. */
const OWN_CAPTIONS: ReadonlySet<string> = new Set(['Configuration', 'Summary', 'Connection', 'Runtime'])

export function textOf(markup: string): string {
  return unescaped(markup.replace(/<br ?\/?>/g, ' ').replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim()
}

export function unescaped(text: string): string {
  return text.replace(/&(#?\w+);/g, (_, name: string) => ENTITIES[name] ?? '?')
}

function inside(text: string, tag: string): string[] {
  return [...text.matchAll(new RegExp(`<(${tag})(?: [^>]*)?>(.*?)</\\1>`, 'gs'))].map((match) => match[2]!)
}

/** Without the links before and behind them. The name of a table of mounts is a heading there and a caption here. */
export function headingsOf(page: string): string[] {
  return inside(page, 'h[1234]|caption')
    .map((heading) => textOf(heading.replace(/<a [^>]*>.*?<\/a>/gs, '')).replace(/^[[\]S| ]+(?=Worker)|[[\] ]+$/g, ''))
    .filter((heading) => !OWN_CAPTIONS.has(heading))
}

/** Tables with facts, as rows of texts. Cells that only hold links to hide or change something are left out. */
export function tablesOf(page: string): string[][][] {
  return inside(page, 'table')
    .map((table) => inside(table.replace(/<t(?:head|body)[^>]*>/g, ''), 'tr').map(cellsOf))
    .filter(([head]) => head !== undefined && head.length > 5)
    .map(([head, ...rows]) => [head!, ...rows.map((row) => row.slice(0, head!.length))])
}

function cellsOf(row: string): string[] {
  const cells = inside(row, 'td|th').map((cell) => textOf(cell.replace(/<small>.*?<\/small>/gs, '')))
  if (/^\[[^\]]*\]$/.test(cells[0]!) || (cells[0] === '' && cells[1] === 'Name')) cells.shift()
  if (cells.at(-1) === '[Hide]') cells.pop()
  return cells
}

/** What each form submits when nothing in it is touched. A box that is not ticked counts as 0, a ticked one as 1. */
export function formsOf(page: string): Record<string, string>[] {
  return [...page.matchAll(/<form [^>]*>(.*?)<\/form>/gs)].map(([, body]) => {
    const values: Record<string, string> = {}
    for (const [, tag, attributes] of body!.matchAll(/<(input|select|option)((?:\s*[\w-]+="[^"]*")*)/g)) {
      const given = new Map(
        [...attributes!.matchAll(/([\w-]+)="([^"]*)"/g)].map((match) => [match[1]!, unescaped(match[2]!)]),
      )
      const name = given.get('name')
      if (tag === 'select') values.options = name!
      if (tag === 'option') values.options += ` ${given.get('value')}`
      if (name === undefined || tag !== 'input') continue
      const isChecked = given.has('checked')
      if (given.get('type') === 'checkbox') values[name] = isChecked ? '1' : '0'
      else if (given.get('type') !== 'radio' || isChecked) values[name] = given.get('value')!
    }
    return values
  })
}

/** Where a page leads to on itself: sorted, each once. `opt=0` says nothing. */
export function linksOf(page: string): string[] {
  const links = [...page.matchAll(/<a href="([^"]*)"/g)].map((match) => unescaped(match[1]!))
  const own = links.filter((link) => link.startsWith('/')).map((link) => link.replace(/&opt=0$/, ''))
  return [...new Set(own)].sort()
}

/** Where a page goes by itself, and after how many seconds. */
export function refreshOf(page: string): string | undefined {
  const match = /http-equiv="refresh" content="([^"]*)"/i.exec(page)
  return match === null ? undefined : unescaped(match[1]!)
}
