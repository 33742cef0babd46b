/** A folder for the files of one started program. Readable by all, because servers started by root change their user. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { atEnd, type Owner } from './owner.ts'

export interface Folder {
  readonly path: string
  /** Writes a file below the folder and returns its path. */
  write(name: string, content: string): string
  remove(): void
}

/** Removed with its owner; without one, call {@link Folder.remove}. */
export function temporaryFolder(name: string, owner?: Owner): Folder {
  const path = mkdtempSync(join(tmpdir(), `clowder-${name}-`))
  atEnd(owner, () => rmSync(path, { recursive: true, force: true }))
  chmodSync(path, 0o755)
  return {
    path,
    write: (file, content) => {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), content)
      return join(path, file)
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}
