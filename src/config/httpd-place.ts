/** `<Location>`, `<LocationMatch>`, `<Directory>`, `<DirectoryMatch>`, `<Files>`, `<FilesMatch>`: what a section is about. */
import type { Complaints } from './complaint.ts'
import { shown } from './complaint.ts'
import type { SectionPlace } from './httpd-access.ts'
import { readPattern } from './httpd-pattern.ts'
import type { SectionNode } from './httpd-tree.ts'

export const sectionKinds: ReadonlySet<string> = new Set([
  ...['location', 'locationmatch', 'directory', 'directorymatch', 'files', 'filesmatch'],
])

/** Undefined after a complaint. */
export function readPlace(node: SectionNode, complaints: Complaints): SectionPlace | undefined {
  const directive = `<${node.name}>`
  const isMatch = node.key.endsWith('match')
  const tilde = !isMatch && node.words[0]?.text === '~'
  const [word, ...more] = tilde ? node.words.slice(1) : node.words
  if (word === undefined || more.length > 0) {
    if (complaints.has('CONFIG_TEXT_TEMPLATE')) return undefined
    complaints.add('CONFIG_ARGUMENTS', node.at, directive, 'takes one path')
    return undefined
  }
  const of = node.key.startsWith('directory') ? 'folder' : node.key.startsWith('files') ? 'name' : undefined
  const about: Pick<SectionPlace, 'of'> = of === undefined ? {} : { of }
  if (isMatch || tilde) {
    const pattern = readPattern(word, directive, false, complaints)
    return pattern === undefined ? undefined : { location: pattern, match: 'regexp', ...about }
  }
  const isGlob = /[*?[\]]/.test(word.text)
  if (of === 'name') return { location: word.text, match: 'glob', of }
  if (of === 'folder' && /^[A-Za-z]:[\\/]/.test(word.text)) {
    const message = 'is a folder of Windows, below which there is no file here'
    complaints.add('CONFIG_SECTION_SKIPPED', node.at, `<${node.name} ${word.text}>`, message)
    return undefined
  }
  if (!word.text.startsWith('/')) {
    if (complaints.has('CONFIG_TEXT_TEMPLATE')) return undefined
    const message = `${shown(word.text)} does not begin with /`
    complaints.add('CONFIG_ARGUMENTS', word.at, directive, message, 'write the whole path')
    return undefined
  }
  return { location: word.text, ...(isGlob ? { match: 'glob' as const } : {}), ...about }
}
