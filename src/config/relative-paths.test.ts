/** A file may be named from where we run; the files that it names are opened later, and by absolute paths. */
import assert from 'node:assert/strict'
import { relative } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { loadBalancerConfiguration } from './index.ts'

const WORKERS = 'worker.list=w\nworker.w.type=http\nworker.w.port=8081\n'

test('of an httpd file', async (t) => {
  const folder = temporaryFolder('config', t)
  folder.write('workers.properties', WORKERS)
  folder.write(
    'jk.conf',
    [
      'JkWorkersFile workers.properties',
      'JkMount /* w',
      'JkLogFile logs/mod_jk.log',
      'JkRequestLogFormat "%w"',
      'CustomLog logs/access.log common',
      'DocumentRoot www',
    ].join('\n'),
  )
  const { options } = await loadBalancerConfiguration(relative(process.cwd(), `${folder.path}/jk.conf`))
  const [host] = options!.hosts
  assert.equal(options!.log?.file, `${folder.path}/logs/mod_jk.log`)
  assert.deepEqual(
    host!.logs?.map(({ file }) => file),
    [`${folder.path}/logs/access.log`, `${folder.path}/logs/mod_jk.log`],
  )
  assert.equal(host!.files?.root, `${folder.path}/www`)
})

test('of a clowder.yaml', async (t) => {
  const folder = temporaryFolder('config', t)
  folder.write(
    'clowder.yaml',
    [
      'balancer:',
      '  workers: { w: { type: http, port: 8081 } }',
      '  log: { file: logs/clowder.log }',
      '  hosts:',
      '    - mounts: [{ pattern: /*, worker: w }]',
      '      logs: [{ file: logs/access.log, format: "%h" }]',
    ].join('\n'),
  )
  const loaded = await loadBalancerConfiguration(relative(process.cwd(), `${folder.path}/clowder.yaml`))
  assert.deepEqual(
    loaded.complaints.map(({ code, message }) => `${code} ${message}`),
    [],
  )
  assert.equal(loaded.options!.log?.file, `${folder.path}/logs/clowder.log`)
  assert.equal(loaded.options!.hosts[0]!.logs?.[0]?.file, `${folder.path}/logs/access.log`)
})
