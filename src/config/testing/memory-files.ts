/** A file system out of an object: path → text. Folders are what the paths say. */
import type { FileAccess } from '../source-text.ts'

export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
): Required<Omit<FileAccess, 'locate'>> {
  return {
    readFile(path) {
      if (Object.hasOwn(files, path)) return files[path]!
      throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    },
    listFolder(path) {
      const prefix = path === '.' ? '' : `${path}/`
      const names = Object.keys(files)
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length).split('/')[0]!)
      if (names.length === 0) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
      return [...new Set(names)]
    },
  }
}
