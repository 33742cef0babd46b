import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { HERE } from './here.mjs'
import { checkNode, PrepareError, prepare } from './prepare.mjs'

/** A small project with this one's compiler, so that nothing has to be installed. */
function project(t, files) {
  const root = mkdtempSync(join(tmpdir(), 'clowder-prepare-'))
  t.after(() => rmSync(root, { recursive: true }))
  symlinkSync(join(HERE, 'node_modules'), join(root, 'node_modules'))
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(HERE, file), join(root, file))
  const write = (path, text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const has = (path) => existsSync(join(root, path))
  return { root, write, has, remove: (path) => rmSync(join(root, path)) }
}

describe('prepare', () => {
  test('compiles, copies what is not TypeScript, and makes the command executable', async (t) => {
    const { root, has } = project(t, {
      'src/cli/main.ts': '#!/usr/bin/env node\nexport const x: number = 1\n',
      'src/ajp/fixtures/packet.bin': '\x12\x34',
      'src/ajp/README.md': 'for readers of the source',
    })
    await prepare(root)
    assert.ok(has('dist/src/cli/main.js'))
    assert.ok(has('dist/src/cli/main.d.ts'))
    assert.equal(statSync(join(root, 'dist/src/cli/main.js')).mode & 0o111, 0o111)
    assert.equal(readFileSync(join(root, 'dist/src/ajp/fixtures/packet.bin'), 'utf8'), '\x12\x34')
    assert.equal(has('dist/src/ajp/README.md'), false)
    assert.equal(has('.prepare.lock'), false)
  })

  test('does nothing when nothing changed', async (t) => {
    const { root } = project(t, { 'src/a.ts': 'export const a = 1\n' })
    await prepare(root)
    writeFileSync(join(root, 'dist/src/a.js'), 'marked')
    await prepare(root)
    assert.equal(readFileSync(join(root, 'dist/src/a.js'), 'utf8'), 'marked')
  })

  test('an edited source is compiled, a deleted one takes its outputs along', async (t) => {
    const { root, write, has, remove } = project(t, {
      'src/a.ts': 'export const a = 1\n',
      'src/gone/b.test.ts': 'export const b = 1\n',
      'src/gone/b.json': '{}',
    })
    await prepare(root)
    assert.ok(has('dist/src/gone/b.test.js') && has('dist/src/gone/b.json'))
    write('src/a.ts', 'export const a = 22\n')
    remove('src/gone/b.test.ts')
    remove('src/gone/b.json')
    await prepare(root)
    assert.match(readFileSync(join(root, 'dist/src/a.js'), 'utf8'), /a = 22/)
    assert.equal(has('dist/src/gone'), false)
  })

  test('a type error fails in one line, and again until it is repaired', async (t) => {
    const { root, write } = project(t, { 'src/a.ts': 'export const a: number = ""\n' })
    for (let attempt = 1; attempt <= 2; attempt++) {
      await assert.rejects(prepare(root), (error) => error instanceof PrepareError && !error.message.includes('\n'))
    }
    write('src/a.ts', 'export const a: number = 1\n')
    await prepare(root)
  })

  test('three at once all succeed', async (t) => {
    const { root, has } = project(t, { 'src/a.ts': 'export const a = 1\n' })
    const script = `import { prepare } from ${JSON.stringify(join(HERE, 'scripts/prepare.mjs'))}; await prepare(${JSON.stringify(root)})`
    const run = () =>
      new Promise((done) => {
        spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }).on('exit', done)
      })
    assert.deepEqual(await Promise.all([run(), run(), run()]), [0, 0, 0])
    assert.ok(has('dist/src/a.js'))
    assert.equal(has('.prepare.lock'), false)
  })

  const versions = [
    ['the oldest that will do', '20.19.0', true],
    ['a newer major with a smaller minor', '22.1.0', true],
    ['a minor too old', '20.18.3', false],
    ['a major too old', '18.20.0', false],
  ]
  for (const [what, running, fine] of versions) {
    test(`Node: ${what}`, () => {
      if (fine) checkNode('>=20.19', running)
      else assert.throws(() => checkNode('>=20.19', running), /needs Node 20\.19 or newer; this is Node/)
    })
  }
})
