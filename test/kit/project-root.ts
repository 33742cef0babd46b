/** The folder of package.json, above the sources as well as above the compiled files. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export function projectRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error('there is no package.json above')
    folder = dirname(folder)
  }
  return folder
}
