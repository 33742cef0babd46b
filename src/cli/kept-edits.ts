/**
 * Changes made through jk-status that outlive the balancer (`persist` of a status worker): read and done again before it
 * starts, written after each change. A crash leaves the file as it was before or after a change, never between.
 */
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { type Balancer, type BalancerOptions, judgeOptions, type OverlayEntry } from '../balancer/index.ts'
import { type Complaint, editsFileOf, formatComplaint, formatEdits, type KeptEdit, loadEdits } from '../config/index.ts'
import type { Io } from './command.ts'
import { usable } from './configuration.ts'

export class KeptEditsFile {
  readonly #file: string
  readonly #io: Io
  /** What is to be written when the write at hand is done; undefined for nothing. */
  #next: (() => readonly OverlayEntry[]) | undefined
  #writing: Promise<void> | undefined

  /** Beside the configuration `file`. */
  constructor(file: string, io: Io) {
    this.#file = file
    this.#io = io
  }

  /** Does again what still holds. Fails when the file is damaged: what is lost silently comes back at the worst time. */
  async restore(balancer: Balancer): Promise<void> {
    const { edits, complaints } = await loadEdits(this.#file)
    const usableEdits = usable({ options: edits, complaints }, this.#io)
    if (usableEdits.length === 0) return
    const by = { address: editsFileOf(this.#file), user: undefined }
    const { overruled } = balancer.overlay(
      usableEdits.map(({ entry }) => entry),
      by,
    )
    for (const { entry, configured } of overruled) {
      const place = usableEdits.find((edit) => edit.entry === entry)!
      this.#io.err(`clowder: ${formatComplaint(overruledComplaint(place, configured))}`)
    }
    if (overruled.length > 0) this.keep(() => balancer.edited())
  }

  /** Writes what has been changed by the time it comes to it. */
  keep(entries: () => readonly OverlayEntry[]): void {
    this.#next = entries
    this.#writing ??= this.#write()
  }

  /** Everything is written that will be. */
  async settled(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    while (this.#next !== undefined) {
      const entries = this.#next()
      this.#next = undefined
      const path = editsFileOf(this.#file)
      await replace(path, entries).catch((error: unknown) =>
        this.#io.err(`clowder: changes made through jk-status are not kept: ${(error as Error).message}`),
      )
    }
    this.#writing = undefined
  }
}

/** Readable for its owner alone, as the configuration may be. */
async function replace(path: string, entries: readonly OverlayEntry[]): Promise<void> {
  if (entries.length === 0) return rm(path, { force: true })
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(formatEdits(entries))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** What `clowder check` says of the changes beside a file. */
export async function checkEdits(file: string, options: BalancerOptions | undefined): Promise<readonly Complaint[]> {
  const { edits, complaints } = await loadEdits(file)
  if (options === undefined || edits.length === 0) return complaints
  const verdict = judgeOptions(
    edits.map(({ entry }) => entry),
    options,
  )
  if (verdict === undefined) return complaints
  const kept = new Set(verdict.kept)
  return [
    ...complaints,
    ...edits.map((edit) =>
      kept.has(edit.entry)
        ? keptComplaint(edit)
        : overruledComplaint(edit, verdict.overruled.find(({ entry }) => entry === edit.entry)?.configured),
    ),
  ]
}

function keptComplaint({ entry, at }: KeptEdit): Complaint {
  const { configured, value } = entry
  const message = `${quoted(value)} holds, where the file says ${quoted(configured)}`
  return { ...at, severity: 'warning', code: 'CONFIG_EDIT_KEPT', directive: directiveOf(entry), message }
}

function overruledComplaint({ entry, at }: KeptEdit, configured: string | undefined): Complaint {
  const now = configured === undefined ? 'there is none any more' : `the file says ${quoted(configured)} now`
  const message = `${quoted(entry.value)} does not hold: it was made when the file said ${quoted(entry.configured)}, and ${now}`
  return { ...at, severity: 'warning', code: 'CONFIG_EDIT_OVERRULED', directive: directiveOf(entry), message }
}

function directiveOf({ worker, member, attribute }: OverlayEntry): string {
  return `${[worker, ...(member === undefined ? [] : [member])].map(quotedName).join('/')} ${quotedName(attribute)}`
}

const quoted = (text: string): string => JSON.stringify(text)
const quotedName = (name: string): string => (/^[\w.-]+$/.test(name) ? name : quoted(name))
