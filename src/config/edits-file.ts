/**
 * `FILE.edits`: what was changed through jk-status while FILE was being served, one change per line, as JSON. Lines with
 * `#` and empty ones say nothing. Reading and writing its text; whether a change still holds is for the balancer to say.
 */
import type { OverlayEntry } from '../balancer/edit-overlay.ts'
import type { Complaint } from './complaint.ts'
import { Complaints } from './complaint.ts'
import { maxEdits } from './limits.ts'
import { type Position, startOf } from './position.ts'
import { type FileAccess, nodeFiles } from './source-text.ts'

export interface KeptEdit {
  readonly entry: OverlayEntry
  readonly at: Position
}

export interface KeptEdits {
  readonly edits: readonly KeptEdit[]
  readonly complaints: readonly Complaint[]
}

export function editsFileOf(file: string): string {
  return `${file}.edits`
}

/** Where there is no file there are no edits. Rejects never; what is wrong is a complaint. */
export async function loadEdits(
  file: string,
  { readFile }: Pick<FileAccess, 'readFile'> = nodeFiles,
): Promise<KeptEdits> {
  const path = editsFileOf(file)
  const complaints = new Complaints()
  let text: string
  try {
    text = String(await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { edits: [], complaints: [] }
    const message = error instanceof Error ? error.message : String(error)
    complaints.add('CONFIG_FILE_UNREADABLE', startOf(path), '', message)
    return { edits: [], complaints: complaints.list() }
  }
  return { edits: parseEdits(path, text, complaints), complaints: complaints.list() }
}

export function parseEdits(file: string, text: string, complaints: Complaints): KeptEdit[] {
  const edits: KeptEdit[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const at = { file, line: index + 1, column: 1 }
    if (edits.length === maxEdits) {
      complaints.add('CONFIG_EDIT_SYNTAX', at, '', `more than maxEdits (${maxEdits}) changes`)
      break
    }
    const entry = parseEntry(line)
    if (entry === undefined) complaints.add('CONFIG_EDIT_SYNTAX', at, '', 'is no change as clowder writes it')
    else edits.push({ entry, at })
  }
  return edits
}

export function formatEdits(entries: readonly OverlayEntry[]): string {
  if (entries.length > maxEdits) throw new Error(`more than maxEdits (${maxEdits}) changes`)
  const lines = entries.map(({ worker, member, attribute, configured, value }) =>
    JSON.stringify({ worker, member, attribute, configured, value }),
  )
  return [
    '# Changes made through jk-status. Remove a line, and its change is gone with the next start.',
    ...lines,
    '',
  ].join('\n')
}

function parseEntry(line: string): OverlayEntry | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { worker, member, attribute, configured, value: edited } = value as Readonly<Record<string, unknown>>
  const texts = [worker, attribute, configured, edited, ...(member === undefined ? [] : [member])]
  if (!texts.every((text) => typeof text === 'string')) return undefined
  return value as OverlayEntry
}
