/** Tables as people read them: aligned on a terminal, piped in Markdown. */

/** Text is set left, figures right. */
export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
  /** What a reader must know: what was left out, what may not be compared. */
  readonly notes: readonly string[]
}

export function formatText(table: Table): string {
  const widths = widthsOf(table)
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index]!, table.columns[index]))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [
    table.title,
    '',
    line(table.columns.map(({ title }) => title)),
    rule,
    ...table.rows.map(line),
    ...table.notes.map((note) => `  ${note}`),
    '',
  ].join('\n')
}

export function formatMarkdown(table: Table): string {
  const widths = widthsOf(table).map((width) => Math.max(width, 3))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => pad(cell, widths[index]!, table.columns[index])).join(' | ')} |`
  const rule = `| ${widths
    .map((width, index) => (table.columns[index]?.align === 'right' ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
    .join(' | ')} |`
  return [
    `**${table.title}**`,
    '',
    line(table.columns.map(({ title }) => title)),
    rule,
    ...table.rows.map((row) => line(row.map((cell) => cell.replaceAll('|', '\\|')))),
    '',
    ...table.notes.map((note) => `- ${note}`),
    ...(table.notes.length > 0 ? [''] : []),
  ].join('\n')
}

/** A figure with three digits that mean something: 0.123, 4.56, 78.9, 1234. A dash where there is none. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  return size >= 1 ? value.toFixed(2) : value.toFixed(3)
}

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(0)} %`
}

function widthsOf(table: Table): number[] {
  return table.columns.map(({ title }, index) =>
    Math.max(title.length, ...table.rows.map((row) => (row[index] ?? '').length)),
  )
}

function pad(cell: string, width: number, column: Column | undefined): string {
  return column?.align === 'right' ? cell.padStart(width) : cell.padEnd(width)
}
