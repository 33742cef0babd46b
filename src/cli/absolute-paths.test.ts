import assert from 'node:assert/strict'
import { relative } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { loadBalancerConfiguration } from '../config/index.ts'
import { withAbsolutePaths } from './absolute-paths.ts'

const load = async (path: string) => {
  const { options, complaints } = await loadBalancerConfiguration(relative(process.cwd(), path))
  assert.deepEqual(
    complaints.map(({ message }) => message),
    [],
  )
  return withAbsolutePaths(options!)
}

test('paths of an httpd file that is named from where we run', async (t) => {
  const folder = temporaryFolder('paths', t)
  folder.write('workers.properties', 'worker.list=w\nworker.w.type=http\nworker.w.port=8081\n')
  folder.write('mounts.properties', '/x=w\n')
  const lines = [
    'JkWorkersFile workers.properties',
    'JkMount /* w',
    'JkMountFile mounts.properties',
    'JkLogFile logs/mod_jk.log',
    'JkRequestLogFormat "%w"',
    'CustomLog logs/access.log common',
    'DocumentRoot www',
    'Alias /icons icons',
    'JkAutoAlias webapps',
  ]
  folder.write('jk.conf', lines.join('\n'))
  const { log, hosts } = await load(`${folder.path}/jk.conf`)
  const [host] = hosts
  assert.equal(log?.file, `${folder.path}/logs/mod_jk.log`)
  assert.deepEqual(
    host!.logs?.map(({ file }) => file),
    [`${folder.path}/logs/access.log`, `${folder.path}/logs/mod_jk.log`],
  )
  assert.equal(host!.mountFile?.file, `${folder.path}/mounts.properties`)
  const { root, aliases, applications } = host!.files!
  assert.equal(root, `${folder.path}/www`)
  assert.equal(applications, `${folder.path}/webapps`)
  assert.deepEqual(aliases, [{ path: '/icons', target: `${folder.path}/icons` }])
})

test('paths of a clowder.yaml', async (t) => {
  const folder = temporaryFolder('paths', t)
  const lines = [
    'balancer:',
    '  workers: { w: { type: http, port: 8081 } }',
    '  log: { file: logs/clowder.log }',
    '  hosts:',
    '    - mounts: [{ pattern: /*, worker: w }]',
    '      logs: [{ file: logs/access.log, format: "%h" }]',
  ]
  folder.write('clowder.yaml', lines.join('\n'))
  const { log, hosts } = await load(`${folder.path}/clowder.yaml`)
  assert.equal(log?.file, `${folder.path}/logs/clowder.log`)
  assert.equal(hosts[0]!.logs?.[0]?.file, `${folder.path}/logs/access.log`)
})
