/**
 * Text made to hurt, whatever it is: the answer is a complaint that says what is wrong, and twice the text is no more than twice the
 * work. Work is counted in steps, not in seconds (`npm run bench -- hostile-config` has the seconds).
 */
import './testing/counted-work.ts'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  maxComplaints,
  maxEntries,
  maxFileBytes,
  maxIncludeDepth,
  maxReferenceDepth,
  maxSectionDepth,
  maxWorkers,
} from './limits.ts'
import { checkConfiguration } from './load.ts'
import { countedWork } from './testing/counted-work.ts'
import { hostileFiles, hostileTexts, usualSize } from './testing/hostile-texts.ts'
import { memoryFiles } from './testing/memory-files.ts'

/** Our sources, compiled or not, and the two parsers we build on. */
const sources = /[\\/]src[\\/]config[\\/]|[\\/]yaml[\\/]|[\\/]parse-xml[\\/]/

/** What a load costs that says nothing, in steps. */
const base = 20_000

const small = 2 ** 13

describe('hostile text', () => {
  for (const hostile of hostileTexts) {
    const { name, file, codes, squares } = hostile

    test(`${file}: ${name}: says what is wrong`, async () => {
      const { complaints } = await checkConfiguration(file, { ...hostileFiles(hostile, usualSize), env: {} })
      assert.ok(complaints.length <= 2 * maxComplaints + 1)
      const found = new Set(complaints.map(({ code }) => code.replace('CONFIG_', '')))
      for (const code of codes) assert.ok(found.has(code as never), `${code} is not among ${[...found].join(', ')}`)
      for (const { message } of complaints) assert.ok(message.length < 2000)
    })

    test(`${file}: ${name}: twice the text is ${squares ? 'four times' : 'twice'} the work`, async () => {
      const work = (size: number) => {
        const files = hostileFiles(hostile, size)
        return countedWork(sources, () => checkConfiguration(file, { ...files, env: {} }))
      }
      const [once, twice] = [await work(small), await work(2 * small)]
      assert.ok(twice <= (squares ? 4.4 : 2.2) * once + base, `${once} steps, then ${twice}`)
    })
  }

  for (const file of ['w.properties', 'm.properties', 'jk.conf', 'server.xml', 'c.yaml']) {
    test(`${file} of ten megabytes is refused before it is read`, async () => {
      const files = memoryFiles({ [file]: 'x'.repeat(10 * 2 ** 20) })
      const { complaints } = await checkConfiguration(file, { ...files, env: {} })
      assert.deepEqual(
        complaints.map(({ code, message }) => [code, message.includes(`maxFileBytes (${maxFileBytes})`)]),
        [['CONFIG_FILE_TOO_LARGE', true]],
      )
    })
  }

  test('an AuthUserFile of ten megabytes is refused, and nobody is let in', async () => {
    const text = '<Location /x>\nAuthType Basic\nAuthName x\nAuthUserFile users\nRequire valid-user\n</Location>\n'
    const files = memoryFiles({ 'jk.conf': text, users: 'a:{SHA}b\n'.repeat(2 ** 20) })
    const { options, complaints } = await checkConfiguration('jk.conf', { ...files, env: {} })
    assert.equal(options, undefined)
    assert.ok(complaints.some(({ code, line }) => code === 'CONFIG_FILE_TOO_LARGE' && line === 4))
  })

  test('a uriworkermap.properties with as many rules as fit is read', async () => {
    const rules = Array.from({ length: maxEntries }, (_, i) => `/app${i}/*=w\n`).join('')
    const { complaints } = await checkConfiguration('m.properties', {
      ...memoryFiles({ 'm.properties': rules }),
      env: {},
    })
    assert.deepEqual(complaints, [])
  })

  test('files that include each other end at the limits', async () => {
    const deep = Object.fromEntries(
      Array.from({ length: maxIncludeDepth + 5 }, (_, i) => [
        `${i}.conf`,
        `Include ${i + 1}.conf\nInclude ${i + 1}.conf\n`,
      ]),
    )
    const { complaints } = await checkConfiguration('0.conf', memoryFiles(deep))
    const codes = new Set(complaints.map(({ code }) => code))
    assert.ok(codes.has('CONFIG_FILE_TOO_LARGE'), 'the number of files is limited')
    assert.ok(codes.has('CONFIG_INCLUDE'), 'their depth is limited')
  })

  test('exactly at the limits nothing is refused', async () => {
    const chain = Array.from({ length: maxReferenceDepth }, (_, i) => `worker.w${i}.reference=worker.w${i + 1}`).join(
      '\n',
    )
    const members = Array.from(
      { length: maxWorkers - 2 },
      (_, i) => `worker.m${i}.type=http\nworker.l.balance_workers=m${i}`,
    )
    const text = `${chain}\nworker.w${maxReferenceDepth}.type=http\n${members.join('\n')}\nworker.l.type=lb\nworker.list=w0,l\n`
    const workers = await checkConfiguration('w.properties', memoryFiles({ 'w.properties': text }))
    assert.deepEqual(workers.complaints, [])
    const sections = `${'<Proxy /x>\n'.repeat(maxSectionDepth)}${'</Proxy>\n'.repeat(maxSectionDepth)}`
    const includes = Object.fromEntries(
      Array.from({ length: maxIncludeDepth }, (_, i) => [`${i}.conf`, `Include ${i + 1}.conf\n`]),
    )
    const last = `${sections}JkWorkerProperty worker.list=a\nJkWorkerProperty worker.a.type=http\n`
    const httpd = await checkConfiguration('0.conf', memoryFiles({ ...includes, [`${maxIncludeDepth}.conf`]: last }))
    assert.deepEqual(
      httpd.complaints.map(({ code }) => code),
      ['CONFIG_DIRECTIVES_IGNORED'],
    )
  })
})
