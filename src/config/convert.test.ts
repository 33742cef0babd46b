/** Law: what is loaded from the old files is what is loaded from the clowder.yaml made of them. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import { suite } from '../../test/kit/suite.ts'
import type { BalancerOptions } from '../balancer/options.ts'
import type { ClowderYaml } from './clowder-yaml.ts'
import { formatComplaint } from './complaint.ts'
import { convertFiles } from './convert.ts'
import { checkConfiguration } from './load.ts'
import type { FileAccess } from './source-text.ts'
import { parseFixture } from './testing/fixture.ts'
import { memoryFiles } from './testing/memory-files.ts'

const env = { HOME_OF_WORKERS: '/srv', EMPTY: '', jvmRoute: 'tomcat9' }

/** What one file says, without what cannot be the same: the file itself, and mount files that are now written out. */
function plain({ balancer, workers }: ClowderYaml): unknown {
  if (balancer === undefined) return { workers }
  const { properties: _, ...rest }: BalancerOptions = balancer
  const hosts = rest.hosts.map(({ mountFile: __, ...host }) => host)
  return { balancer: { ...rest, hosts }, workers }
}

/** False where the old files cannot be loaded. */
async function converts(path: string, files: FileAccess): Promise<boolean> {
  const old = await checkConfiguration(path, { ...files, env })
  const output = join(dirname(path), 'clowder.yaml')
  const { text, complaints } = await convertFiles([path], { ...files, env, output })
  const checked = old.options
  if (checked === undefined) {
    assert.equal(text, undefined)
    return false
  }
  if (checked.kind === 'mounts' || checked.kind === 'yaml') {
    assert.deepEqual(complaints.at(-1)?.code, 'CONFIG_FILE_KIND')
    return false
  }
  assert.ok(text !== undefined, complaints.map(formatComplaint).join('\n'))
  const readFile = (name: string) => (name === output ? text : files.readFile(name))
  const made = await checkConfiguration(output, { ...files, readFile, env })
  const context = `${made.complaints.map(formatComplaint).join('\n')}\n${text}`
  assert.equal(made.options?.kind, 'yaml', context)
  const said: ClowderYaml =
    checked.kind === 'server-xml'
      ? { workers: { [checked.options.name]: checked.options } }
      : { balancer: checked.options }
  assert.deepEqual(plain(made.options.options), plain(said), context)
  for (const complaint of complaints) assert.ok(text.includes(formatComplaint(complaint)), 'no complaint is lost')
  return true
}

describe('old files and their clowder.yaml say the same', () => {
  const folder = join(import.meta.dirname, 'fixtures')
  let converted = 0
  for (const name of readdirSync(folder).sort()) {
    test(name, async () => {
      const { first, files } = parseFixture(readFileSync(join(folder, name), 'utf8'))
      if (await converts(first, memoryFiles(files))) converted += 1
    })
  }
  test('most fixtures can be loaded, and so were compared', () => assert.ok(converted > 25, `${converted}`))
})

describe('the article’s files and their clowder.yaml say the same', () => {
  for (const name of ['jk.conf', 'workers.properties', 'server-tomcat1.xml', 'server-tomcat2.xml']) {
    test(name, async () => {
      const readFile = (path: string) => readFileSync(path)
      assert.ok(await converts(join(projectRoot(), 'examples/article', name), { readFile }))
    })
  }
})

describe('convert', () => {
  const convert = (files: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) =>
    convertFiles(Object.keys(files), { ...memoryFiles(files), env: given })
  const workers = 'worker.list=w\nworker.w.type=ajp13\nworker.w.port=$(PORT)\nworker.w.secret=$(KEY)\n'

  test('keeps the names of variables where a text can hold one, and says where it cannot', async () => {
    const { text = '' } = await convert({ 'workers.properties': workers }, { KEY: 'hush', PORT: '8123' })
    assert.match(text, /secret: \$\{KEY\}\n/)
    assert.match(text, /port: 8123\n/)
    assert.match(text, /# {3}the value of \$\{PORT\} is written out/)
    assert.ok(!text.includes('hush'))
  })

  test('says where each part comes from', async () => {
    const { text = '' } = await convert(
      { 'workers.properties': workers, 'map.properties': '# x\n/a=w\n' },
      { KEY: 'k', PORT: '1' },
    )
    assert.match(text, /# workers\.properties:2\n {4}w:/)
    assert.match(text, /- \{ pattern: \/a, worker: w, source: mount-file \} # map\.properties:2\n/)
    assert.ok(!text.includes('/*'), 'the mounts of the file are all')
  })

  test('takes a file that another one names by a path of its own machine from the given ones', async () => {
    const conf = 'JkWorkersFile /etc/libapache2-mod-jk/workers.properties\nJkMount /x w\n'
    const files = { 'jk.conf': conf, 'workers.properties': workers }
    const { text, complaints } = await convert(files, { KEY: 'k', PORT: '1' })
    assert.match(text ?? '', /# workers\.properties:2\n {4}w:/, JSON.stringify(complaints))
  })

  test('writes workers of one name under two', async () => {
    const server = '<Service><Connector port="1"/><Engine name="e" defaultHost="h"/></Service>'
    const { text = '' } = await convert({ 'a/server.xml': server, 'b/server.xml': server })
    assert.match(text, /^workers:\n(?: {2}# .*\n)? {2}e:\n(?:.|\n)*^ {2}e-2:\n/m)
  })

  for (const [rule, files, message] of [
    [
      'a second balancer',
      { 'a.properties': 'worker.list=a\nworker.a.type=http\n', 'b.properties': 'worker.list=a\nworker.a.type=http\n' },
      /a second balancer/,
    ],
    ['mounts alone', { 'm.properties': '/a=b\n' }, /needs a file with its workers/],
    ['a clowder.yaml', { 'c.yaml': 'workers: { a: {} }\n' }, /is a clowder\.yaml already/],
    ['errors', { 'a.properties': 'worker.list=a\nworker.a.port=x\n' }, /not a whole number/],
  ] as const) {
    test(`refuses ${rule}`, async () => {
      const { text, complaints } = await convert(files)
      assert.equal(text, undefined)
      assert.ok(
        complaints.some((complaint) => complaint.severity === 'error' && message.test(complaint.message)),
        JSON.stringify(complaints),
      )
    })
  }
})

const corpus = join(projectRoot(), '../shared/corpus/configs')
const absent = existsSync(corpus) ? false : 'the collection of real files is not here'

suite('real files and their clowder.yaml say the same', { skip: absent }, () => {
  const files: FileAccess = {
    readFile(path) {
      if (path.startsWith(corpus) && existsSync(path)) return readFileSync(path)
      if (path.endsWith('/workers.properties')) return 'worker.list=w\nworker.w.type=http\n'
      if (path.endsWith('/uriworkermap.properties')) return '/*=w\n'
      throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    },
  }
  const names = absent ? [] : readdirSync(corpus, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter((path) => /\.\w+$/.test(path) && path.includes('/')).sort()) {
    test(name, async () => {
      await converts(join(corpus, name), files)
    })
  }
})
