/**
 * Real files of the world, where they are at hand: each is survived, and judged as below. The files themselves are not part of
 * this project. What clowder does not act on is left out: it is about clowder, and changes.
 *
 * mod_jk 1.2.48 starts with all files of workers.properties and uriworkermap but for the two that are written in ERB and
 * `21-workers.properties`. clowder refuses a third template, whose places mod_jk takes for text. Of the httpd files that are
 * parts (00, 01, 03, 11, 13, 21, 29 to 31, 34 to 36) it starts with all but 21.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import { suite } from '../../test/kit/suite.ts'
import { checkFiles } from './check-files.ts'
import type { Complaint } from './complaint.ts'
import type { FileAccess } from './source-text.ts'

const folder = join(projectRoot(), '../shared/corpus')
const absent = existsSync(folder) ? false : 'the collection of real files is not here'

/** The exit code of `clowder check`, then the codes of what is found, each once, in the order of the alphabet. */
type Verdict = readonly [exit: 0 | 1 | 2, ...codes: string[]]

const verdicts: Readonly<Record<string, Verdict>> = {
  'configs/httpd-jk/00-mod_jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/01-jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/02-httpd.conf': [1, 'SECTION_SKIPPED', 'TEXT_TEMPLATE'],
  'configs/httpd-jk/03-mod_jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/06-httpd.conf': [1, 'INCLUDE', 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/11-000-default.conf': [0, 'WORKERS_NONE'],
  'configs/httpd-jk/12-jk.conf.erb': [1, 'TEXT_TEMPLATE'],
  'configs/httpd-jk/13-mod_jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/14-httpd.conf': [2, 'FILE_UNREADABLE', 'MOUNT_WORKER_UNKNOWN', 'SECTION_SKIPPED'],
  'configs/httpd-jk/19-httpd.conf': [1, 'INCLUDE', 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/21-mod_jk.conf': [1, 'DIRECTIVE_UNKNOWN', 'WORKERS_NONE'],
  'configs/httpd-jk/28-httpd.conf': [1, 'ACCESS_REFUSED', 'ADDRESS_SYNTAX', 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/29-000-default.conf': [0, 'VARIABLE_UNKNOWN', 'WORKERS_NONE'],
  'configs/httpd-jk/30-jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/31-mod_jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/httpd-jk/33-httpd-vhosts.conf': [1, 'TEXT_TEMPLATE'],
  'configs/httpd-jk/34-jk.conf': [0],
  'configs/httpd-jk/35-000-default.conf': [0, 'VARIABLE_UNKNOWN', 'WORKERS_NONE'],
  'configs/httpd-jk/36-jk.conf': [0, 'MOUNT_WORKER_UNKNOWN'],
  'configs/server.xml-ajp-route/00-server.xml': [1, 'SECRET_MISSING'],
  'configs/server.xml-ajp-route/02-app-server.xml': [0, 'CONNECTOR_EXPOSED'],
  'configs/server.xml-ajp-route/03-app2-server.xml': [0, 'CONNECTOR_EXPOSED'],
  'configs/server.xml-ajp-route/04-server.xml': [1, 'XML_SYNTAX'],
  'configs/server.xml-cluster/02-server.xml': [1, 'SECRET_MISSING', 'VALUE_NOT_NUMBER', 'VARIABLE_UNKNOWN'],
  'configs/server.xml-cluster/03-server.xml': [1, 'VALUE_REFUSED', 'VALUE_WORD', 'VARIABLE_UNKNOWN'],
  'configs/server.xml-cluster/04-server.xml': [1, 'VALUE_REFUSED', 'VALUE_WORD', 'VARIABLE_UNKNOWN'],
  'configs/server.xml-cluster/05-server.xml': [1, 'VALUE_REFUSED', 'VARIABLE_UNKNOWN'],
  'configs/uriworkermap/06-uriworkermap.properties': [0],
  'configs/uriworkermap/08-uriworkermap.properties': [0],
  'configs/uriworkermap/09-uriworkermap.properties': [0],
  'configs/workers.properties/00-workers.properties': [0, 'DIRECTIVE_DEPRECATED'],
  'configs/workers.properties/01-workers.properties': [0],
  'configs/workers.properties/02-workers.properties': [1, 'TEXT_TEMPLATE'],
  'configs/workers.properties/03-workers.properties': [0, 'VARIABLE_UNUSED', 'WORKER_UNUSED'],
  'configs/workers.properties/05-workers.properties': [0],
  'configs/workers.properties/09-workers.properties': [0, 'VARIABLE_UNUSED', 'WORKER_EXPOSED'],
  'configs/workers.properties/10-ajp_worker.erb': [1, 'TEXT_TEMPLATE'],
  'configs/workers.properties/11-lb_worker.erb': [1, 'TEXT_TEMPLATE'],
  'configs/workers.properties/12-workers.properties': [0, 'VARIABLE_UNUSED'],
  'configs/workers.properties/14-workers.properties': [0, 'WORKER_EXPOSED'],
  'configs/workers.properties/17-workers.properties': [0],
  'configs/workers.properties/19-workers.properties': [0],
  'configs/workers.properties/21-workers.properties': [1, 'DIRECTIVE_UNKNOWN'],
  'configs/workers.properties/25-apache-mod_jk-workers.properties': [0, 'VARIABLE_UNUSED'],
  'configs/workers.properties/27-workers.properties': [0, 'DIRECTIVE_DEPRECATED', 'WORKER_UNDEFINED', 'WORKER_UNUSED'],
  'configs/workers.properties/28-workers.properties': [0, 'WORKER_EXPOSED'],
  'configs/workers.properties/29-workers.properties': [0, 'WORKER_EXPOSED'],
  'configs/workers.properties/30-workers.properties': [0, 'DIRECTIVE_DEPRECATED'],
  'configs/workers.properties/32-workers.properties': [0],
  'configs/workers.properties/33-workers.properties': [0, 'DIRECTIVE_MISPLACED'],
  'seed/jk.conf': [0, 'MOUNT_TWICE', 'MOUNT_WORKER_UNKNOWN'],
  'seed/server-tomcat1.xml': [1, 'CLASS_RETIRED', 'CONNECTOR_NONE', 'XML_QUOTE', 'XML_UNCLOSED'],
  'seed/server-tomcat2.xml': [1, 'CLASS_RETIRED', 'CONNECTOR_NONE', 'XML_QUOTE', 'XML_UNCLOSED'],
  'seed/workers.properties': [0, 'COMMENT_DIFFERS', 'WORKER_EXPOSED', 'WORKER_UNDEFINED', 'WORKER_UNUSED'],
}

const articleDefects: readonly (readonly [defect: string, place: string])[] = [
  ['the mount of the status page is replaced by one of the section', 'jk.conf:29 CONFIG_MOUNT_TWICE'],
  ['that section names jk-status; the worker is called jkstatus', 'jk.conf:29 CONFIG_MOUNT_WORKER_UNKNOWN'],
  ['no worker is called jk-manager', 'jk.conf:36 CONFIG_MOUNT_WORKER_UNKNOWN'],
  ['a full-width space belongs to the name in worker.list', 'workers.properties:1 CONFIG_WORKER_UNDEFINED'],
  ['so that the status worker is in no list', 'workers.properties:19 CONFIG_WORKER_UNUSED'],
  ['AJP goes to two other machines without a secret', 'workers.properties:2 CONFIG_WORKER_EXPOSED'],
  ['20 sockets in the comment, 200 in the pool of the first', 'workers.properties:6 CONFIG_COMMENT_DIFFERS'],
  ['and of the second worker', 'workers.properties:15 CONFIG_COMMENT_DIFFERS'],
  ...[1, 2].flatMap((number): [string, string][] => {
    const [file, shift] = [`server-tomcat${number}.xml`, number - 1]
    return [
      ['a curly quote ends defaultHost', `${file}:1 CONFIG_XML_QUOTE`],
      ['the Engine is never closed', `${file}:1 CONFIG_XML_UNCLOSED`],
      ['no Connector', `${file}:1 CONFIG_CONNECTOR_NONE`],
      ['an interceptor that Tomcat 8 has under another name', `${file}:${12 + shift} CONFIG_CLASS_RETIRED`],
      ['a listener that is gone', `${file}:${16 + shift} CONFIG_CLASS_RETIRED`],
    ]
  }),
]

/** What clowder does not act on, or not yet. */
const aboutClowder = /^(?:DIRECTIVE_LATER|DIRECTIVE_NO_EFFECT|CLASS_LATER|(?:DIRECTIVES|ELEMENTS)_IGNORED)$/

/** The collection alone: what this machine has in /etc does not matter. The files that the httpd files name are made up. */
const files: FileAccess = {
  readFile(path) {
    if (path.startsWith(folder) && existsSync(path)) return readFileSync(path)
    if (path.endsWith('/workers.properties')) return 'worker.list=w\nworker.w.type=http\n'
    if (path.endsWith('/uriworkermap.properties')) return '/*=w\n'
    throw Object.assign(new Error('missing'), { code: 'ENOENT' })
  },
}

function verdictOf(complaints: readonly Complaint[]): Verdict {
  const codes = complaints.map(({ code }) => code.replace('CONFIG_', ''))
  const exit = codes.includes('FILE_UNREADABLE') ? 2 : complaints.some(({ severity }) => severity === 'error') ? 1 : 0
  return [exit, ...[...new Set(codes)].filter((code) => !aboutClowder.test(code)).sort()]
}

function namesIn(part: string): readonly string[] {
  if (absent) return []
  const names = readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile() && !/\.(?:txt|md)$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

suite('real files', { skip: absent }, () => {
  const names = [...namesIn('configs'), ...namesIn('seed')].sort()

  for (const name of names) {
    test(name, async () => {
      const { complaints } = await checkFiles([join(folder, name)], { ...files, env: {} })
      assert.deepEqual(verdictOf(complaints), verdicts[name])
      for (const { file, line, column } of complaints) assert.ok(file !== '' && line >= 1 && column >= 1)
    })
  }

  test('all defects of the article’s files are found when they are checked together', async () => {
    const names = ['jk.conf', 'workers.properties', 'server-tomcat1.xml', 'server-tomcat2.xml']
    const paths = names.map((name) => join(folder, 'seed', name))
    const { complaints } = await checkFiles(paths, { ...files, env: {} })
    const found = new Set(
      complaints.map(({ file, line, code }) => `${relative(join(folder, 'seed'), file)}:${line} ${code}`),
    )
    for (const [defect, place] of articleDefects) assert.ok(found.has(place), defect)
  })

  test('none of the table is missing', () => assert.deepEqual(names, Object.keys(verdicts).toSorted()))
})
