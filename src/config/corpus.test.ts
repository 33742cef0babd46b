/**
 * Real files of the world, where they are at hand: each is survived, and judged as below. `ok` means that it can be used; else
 * the errors are listed. The files themselves are not part of this project.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checkConfiguration } from './load.ts'
import type { FileAccess } from './source-text.ts'
import { projectRoot } from './testing/project-root.ts'

const folder = join(projectRoot(), '../shared/corpus/configs')
const absent = existsSync(folder) ? false : 'the collection of real files is not here'

const noWorkers = ['WORKERS_NONE']
const verdicts: Readonly<Record<string, 'ok' | readonly string[]>> = {
  'httpd-jk/00-mod_jk.conf': 'ok',
  'httpd-jk/01-jk.conf': 'ok',
  'httpd-jk/02-httpd.conf': ['TEXT_TEMPLATE'],
  'httpd-jk/03-mod_jk.conf': 'ok',
  'httpd-jk/06-httpd.conf': ['INCLUDE'],
  'httpd-jk/11-000-default.conf': noWorkers,
  'httpd-jk/12-jk.conf.erb': ['TEXT_TEMPLATE'],
  'httpd-jk/13-mod_jk.conf': 'ok',
  'httpd-jk/14-httpd.conf': ['FILE_UNREADABLE'],
  'httpd-jk/19-httpd.conf': ['INCLUDE'],
  'httpd-jk/21-mod_jk.conf': ['WORKERS_NONE', 'ARGUMENTS'],
  'httpd-jk/28-httpd.conf': ['ADDRESS_SYNTAX'],
  'httpd-jk/29-000-default.conf': noWorkers,
  'httpd-jk/30-jk.conf': 'ok',
  'httpd-jk/31-mod_jk.conf': 'ok',
  'httpd-jk/33-httpd-vhosts.conf': ['TEXT_TEMPLATE'],
  'httpd-jk/34-jk.conf': 'ok',
  'httpd-jk/35-000-default.conf': noWorkers,
  'httpd-jk/36-jk.conf': 'ok',
  'server.xml-ajp-route/00-server.xml': ['SECRET_MISSING'],
  'server.xml-ajp-route/02-app-server.xml': 'ok',
  'server.xml-ajp-route/03-app2-server.xml': 'ok',
  'server.xml-ajp-route/04-server.xml': ['XML_SYNTAX'],
  'server.xml-cluster/02-server.xml': ['VALUE_NOT_NUMBER', 'SECRET_MISSING'],
  'server.xml-cluster/03-server.xml': ['VALUE_REFUSED'],
  'server.xml-cluster/04-server.xml': ['VALUE_REFUSED'],
  'server.xml-cluster/05-server.xml': ['VALUE_REFUSED'],
  'uriworkermap/06-uriworkermap.properties': 'ok',
  'uriworkermap/08-uriworkermap.properties': 'ok',
  'uriworkermap/09-uriworkermap.properties': 'ok',
  'workers.properties/00-workers.properties': 'ok',
  'workers.properties/01-workers.properties': 'ok',
  'workers.properties/02-workers.properties': ['TEXT_TEMPLATE'],
  'workers.properties/03-workers.properties': 'ok',
  'workers.properties/05-workers.properties': 'ok',
  'workers.properties/09-workers.properties': 'ok',
  'workers.properties/10-ajp_worker.erb': ['TEXT_TEMPLATE'],
  'workers.properties/11-lb_worker.erb': ['TEXT_TEMPLATE'],
  'workers.properties/12-workers.properties': 'ok',
  'workers.properties/14-workers.properties': 'ok',
  'workers.properties/17-workers.properties': 'ok',
  'workers.properties/19-workers.properties': 'ok',
  'workers.properties/21-workers.properties': ['DIRECTIVE_UNKNOWN'],
  'workers.properties/25-apache-mod_jk-workers.properties': 'ok',
  'workers.properties/27-workers.properties': 'ok',
  'workers.properties/28-workers.properties': 'ok',
  'workers.properties/29-workers.properties': 'ok',
  'workers.properties/30-workers.properties': 'ok',
  'workers.properties/32-workers.properties': 'ok',
  'workers.properties/33-workers.properties': 'ok',
}

/** The collection alone: what this machine has in /etc does not matter. The files that the httpd files name are made up. */
const files: FileAccess = {
  readFile(path) {
    if (path.startsWith(folder) && existsSync(path)) return readFileSync(path)
    if (path.endsWith('/workers.properties')) return 'worker.list=w\nworker.w.type=http\n'
    if (path.endsWith('/uriworkermap.properties')) return '/*=w\n'
    throw Object.assign(new Error('missing'), { code: 'ENOENT' })
  },
}

describe('real files', { skip: absent }, () => {
  const names = absent ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((path) => /\.\w+$/.test(path) && /[\\/]/.test(path)).sort()) {
    test(name, async () => {
      const { options, complaints } = await checkConfiguration(join(folder, name), { ...files, env: {} })
      const errors = complaints.filter(({ severity }) => severity === 'error')
      const verdict = options === undefined ? [...new Set(errors.map(({ code }) => code.replace('CONFIG_', '')))] : 'ok'
      assert.deepEqual(verdict, verdicts[name])
      for (const { file, line, column } of complaints) assert.ok(file !== '' && line >= 1 && column >= 1)
    })
  }
})
