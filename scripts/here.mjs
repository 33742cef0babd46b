/** Where the project lies, and whether a script was started or imported. */
import { realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const HERE = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Node 20 has no `import.meta.main`. The real path, because the project may be reached through a link. */
export function isMain(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
}
