import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { runnerArguments, testFiles } from './test.mjs'

describe('npm test', () => {
  test('finds compiled tests and tests of scripts; filters choose by path', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'clowder-test-'))
    t.after(() => rmSync(root, { recursive: true }))
    for (const path of [
      'scripts/rooms.mjs',
      'scripts/rooms.test.mjs',
      'dist/src/ajp/decode.js',
      'dist/src/ajp/decode.test.js',
      'dist/src/ajp/decode.test.js.map',
      'dist/test/stories/kill.test.js',
    ]) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), '')
    }
    assert.deepEqual(testFiles(root), [
      'scripts/rooms.test.mjs',
      'dist/src/ajp/decode.test.js',
      'dist/test/stories/kill.test.js',
    ])
    assert.deepEqual(testFiles(root, ['ajp', 'kill']), [
      'dist/src/ajp/decode.test.js',
      'dist/test/stories/kill.test.js',
    ])
    assert.deepEqual(testFiles(root, ['nothing']), [])
  })

  test('in CI the reporter is the one that ends with the summary', () => {
    assert.ok(runnerArguments([], { ci: true, cores: 2 }).includes('--test-reporter=tap'))
    assert.ok(runnerArguments([], { ci: false, cores: 2 }).includes('--test-reporter=spec'))
  })

  test('in CI the end of the log says what failed, and why', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'clowder-test-'))
    t.after(() => rmSync(root, { recursive: true }))
    const file = join(root, 'one.test.mjs')
    writeFileSync(
      file,
      `import { describe, test } from 'node:test'
       test('fine', () => {})
       describe('outer', () => { test('inner', () => { throw new Error('the reason') }) })`,
    )
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const run = spawnSync(process.execPath, runnerArguments([file], { ci: true, cores: 2 }), { env, encoding: 'utf8' })
    assert.equal(run.status, 1)
    assert.match(run.stdout, /^# fail 1$/m)
    assert.match(run.stderr, /# failed: 1\n\n\S*one\.test\.mjs:3: inner\n {4}Error: the reason/)
  })

  test('a small machine still runs two files at once, a large one leaves a core free', () => {
    assert.ok(runnerArguments([], { ci: false, cores: 1 }).includes('--test-concurrency=2'))
    assert.ok(runnerArguments([], { ci: false, cores: 2 }).includes('--test-concurrency=2'))
    assert.ok(runnerArguments([], { ci: false, cores: 8 }).includes('--test-concurrency=7'))
  })
})
