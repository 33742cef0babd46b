/** Rows of text -> aligned columns, for terminals. */

export interface Column {
  readonly title: string
  /** Numbers stand at the right. */
  readonly right?: boolean
}

export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => row[index]!.length)))
  return [columns.map(({ title }) => title), ...rows].map((row) =>
    row
      .map((cell, index) => (columns[index]!.right ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
      .join('  ')
      .trimEnd(),
  )
}
