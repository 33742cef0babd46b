/** The folder that apps serve files from: the same bytes and times in every run, so that entity tags are the same too. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LONG_TEXT } from './app.ts'

export const MODIFIED = new Date('2024-02-29T12:00:00Z')

export const FILES: Readonly<Record<string, string | Buffer>> = {
  'notes.txt': '0123456789abcdefghijklmnopqrstuvwxyz\n',
  'long.txt': LONG_TEXT,
  'page.html': '<!doctype html><title>Página</title>\n',
  'pixel.png': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  'ünï çödé.txt': 'a name that needs encoding\n',
  'folder/index.html': '<!doctype html><title>index</title>\n',
  '.hidden': 'not for everyone\n',
}

export function writeFiles(folder: string): void {
  mkdirSync(join(folder, 'folder'), { recursive: true })
  for (const [name, content] of Object.entries(FILES)) {
    writeFileSync(join(folder, name), content)
    utimesSync(join(folder, name), MODIFIED, MODIFIED)
  }
}
