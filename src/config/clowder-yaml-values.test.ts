/** What comes out of a clowder.yaml that is as it should be. What is complained of is in clowder-yaml.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatComplaint } from './complaint.ts'
import { loadBalancerConfiguration, loadWorkerConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'
import { balancer, checkYaml, oneWorker } from './testing/yaml-text.ts'

const env = { HOST: '127.0.0.9', PORT: '8123', SECRET: 'hush' }
const check = (text: string) => checkYaml(text, env)

describe('what a clowder.yaml says', () => {
  test('durations are milliseconds, addresses hosts and ports, and all that is left out is left out', async () => {
    const { yaml } = await check(
      balancer('socketTimeout: 2m, retryInterval: 0', 'mounts: []', '  listen: ["*:80", "[::1]:81"]\n  maintain: 1h\n'),
    )
    assert.deepEqual(yaml?.balancer?.workers, { a: { type: 'ajp13', socketTimeoutMs: 120_000, retryIntervalMs: 0 } })
    assert.deepEqual(yaml.balancer.listen, [
      { host: '0.0.0.0', port: 80 },
      { host: '::1', port: 81 },
    ])
    assert.equal(yaml.balancer.maintainMs, 3_600_000)
    assert.deepEqual(yaml.balancer.hosts, [{ names: [], mounts: [], access: [] }])
  })

  test('all workers but the members of an lb may be mounted, if nothing else is said', async () => {
    const text =
      'balancer: { workers: { s: { type: status }, a: { type: http }, l: { type: lb, balanceWorkers: [a] } }, hosts: [{}] }'
    assert.deepEqual((await check(text)).yaml?.balancer?.workerList, ['s', 'l'])
  })

  test('who may is who is allowed; without a list of those, everyone but who is denied', async () => {
    const access = async (rule: string) => {
      const { yaml } = await check(balancer('port: 1', `access: [{ location: /, ${rule} }]`))
      const { location: _, ...rest } = yaml!.balancer!.hosts[0]!.access[0]!
      return rest
    }
    assert.deepEqual(await access('allow: [local]'), { order: 'allow,deny', allow: ['local'], deny: [] })
    assert.deepEqual(await access('deny: [local]'), { order: 'allow,deny', allow: ['all'], deny: ['local'] })
    assert.deepEqual(await access('order: "deny,allow", deny: [all]'), { order: 'deny,allow', deny: ['all'] })
    const limits = [{ methods: ['GET'], except: true, deny: ['all'] }]
    assert.deepEqual(await access('limits: [{ methods: [GET], except: true, deny: [all] }]'), {
      order: 'allow,deny',
      allow: ['all'],
      deny: [],
      limits,
    })
  })

  test('variables come from the environment', async () => {
    const { yaml } = await check(
      balancer(`host: "\${HOST}", port: "\${PORT}", secret: "\${NO:-x}$\${Y}", retryInterval: "\${PORT}ms"`),
    )
    assert.deepEqual(yaml?.balancer?.workers.a, {
      type: 'ajp13',
      host: '127.0.0.9',
      port: 8123,
      secret: `x\${Y}`,
      retryIntervalMs: 8123,
    })
  })

  test('dump shows it as it is written, without secrets', async () => {
    const access = `access: [{ location: /, auth: { users: { joe: "\${SECRET}" } } }]`
    const { yaml } = await check(balancer(`secret: x, host: "\${HOST}"`, access))
    assert.deepEqual(yaml?.balancer?.properties, [
      ['balancer.workers.a.type', 'ajp13'],
      ['balancer.workers.a.host', `\${HOST}`],
      ['balancer.hosts[0].access[0].location', '/'],
    ])
  })

  test('dump shows what is called like a secret and is none', async () => {
    const { yaml } = await check(
      'balancer: { workers: { secret: { type: http } }, hosts: [{ mounts: [{ pattern: /, worker: secret }] }] }',
    )
    assert.deepEqual(yaml?.balancer?.properties?.[0], ['balancer.workers.secret.type', 'http'])
  })

  test('a mount file is read, and paths are relative to the file', async () => {
    const text = balancer(
      'port: 1',
      'mountFile: { file: m.properties, reload: 5s }, files: { root: www }, mounts: [{ pattern: /x, worker: a }]',
    )
    const files = memoryFiles({ 'conf/c.yaml': text, 'conf/m.properties': '/y=a\n' })
    const { options } = await loadBalancerConfiguration('conf/c.yaml', { ...files, env })
    assert.deepEqual(
      options?.hosts[0]?.mounts.map(({ pattern, source }) => [pattern, source]),
      [
        ['/y', 'mount-file'],
        ['/x', 'mount'],
      ],
    )
    assert.deepEqual(options.hosts[0].mountFile, { file: 'conf/m.properties', reloadMs: 5000 })
    assert.deepEqual(options.hosts[0].files, { root: 'conf/www' })
  })

  test('of several workers one is chosen by its name', async () => {
    const files = memoryFiles({
      'c.yaml': 'workers: { w1: {}, w2: { app: ./app.mjs } }\n',
      'd.yaml': 'workers: { w1: {} }\n',
    })
    const load = async (file: string, worker?: string) => {
      const loaded = await loadWorkerConfiguration(file, { ...files, env, ...(worker === undefined ? {} : { worker }) })
      return loaded.options?.name ?? loaded.complaints.map(formatComplaint)
    }
    assert.equal(await load('c.yaml', 'w2'), 'w2')
    assert.deepEqual(await load('c.yaml', 'w3'), [
      'c.yaml:1:1 error CONFIG_WORKER_CHOICE workers: describes no worker "w3" (did you mean w1?)',
    ])
    assert.deepEqual(await load('c.yaml'), [
      'c.yaml:1:1 error CONFIG_WORKER_CHOICE workers: describes 2 workers (choose with --name: w1, w2)',
    ])
    assert.equal(await load('d.yaml', 'other'), 'w1')
    const { options } = await loadWorkerConfiguration('c.yaml', { ...files, env, worker: 'w2' })
    assert.deepEqual(options, { app: 'app.mjs', name: 'w2', connectors: [], session: {} })
  })

  test('what has no balancer or no worker says so', async () => {
    const files = memoryFiles({ 'b.yaml': balancer('port: 1'), 'w.yaml': oneWorker('') })
    const said = async (loaded: Promise<{ complaints: readonly Parameters<typeof formatComplaint>[0][] }>) =>
      (await loaded).complaints.map(formatComplaint)
    assert.deepEqual(await said(loadWorkerConfiguration('b.yaml', files)), [
      'b.yaml:1:1 error CONFIG_WORKER_CHOICE workers: describes no worker (add it under workers)',
    ])
    assert.deepEqual(await said(loadBalancerConfiguration('w.yaml', files)), [
      'w.yaml:1:1 error CONFIG_KEY_MISSING has no balancer (add it, or use clowder worker)',
    ])
  })

  test('names of Object.prototype are names like others', async () => {
    const { yaml, lines } = await check(
      'balancer: { workers: { constructor: { type: http }, __proto__: { type: lb, balanceWorkers: [toString] } }, hosts: [{}] }',
    )
    assert.equal(yaml, undefined)
    assert.match(lines.join(), /"toString" is not defined/)
  })
})
