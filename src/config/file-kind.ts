/** Which kind of configuration a file is, from its name and, where that leaves doubt, from its text. */
import { basename } from 'node:path'

export type FileKind = 'httpd' | 'workers' | 'mounts' | 'server-xml' | 'yaml'

/** For messages. */
export const kindNames: Readonly<Record<FileKind, string>> = {
  httpd: 'an httpd configuration',
  workers: 'a workers.properties',
  mounts: 'a uriworkermap.properties',
  'server-xml': 'a server.xml',
  yaml: 'a clowder.yaml',
}

export function detectKind(path: string, text: string): FileKind {
  const name = basename(path).toLowerCase()
  if (/\.ya?ml$/.test(name)) return 'yaml'
  if (name.endsWith('.xml')) return 'server-xml'
  if (name.endsWith('.conf')) return 'httpd'
  const start = text.slice(0, 4096).replace(/^\uFEFF?\s*/, '')
  if (/^(<\?xml|<!--|<(Server|Service|Engine|Host|Cluster)[\s>/])/.test(start)) return 'server-xml'
  if (/^[ \t]*worker\.[^\s=]+[ \t]*=/m.test(text)) return 'workers'
  if (/^[ \t]*-?!?\/[^\s=]*[ \t]*=/m.test(text)) return 'mounts'
  return name.endsWith('.properties') ? 'workers' : 'httpd'
}
