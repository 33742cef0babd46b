import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { extname } from 'node:path'
import { describe, test } from 'node:test'

const SUITE = new URL(`./suite${extname(import.meta.url)}`, import.meta.url)
// A runner inside a runner would report to the outer one.
const { NODE_TEST_CONTEXT: _, ...env } = process.env

/** What the runner says of a suite with two tests. */
function summaryOf(skip: string): string {
  const script = `import { test } from 'node:test'
    import { suite } from '${SUITE}'
    suite('of two', { skip: ${skip} }, () => { test('one', () => {}); test('two', () => {}) })`
  const execArgv = process.execArgv.filter((argument) => !argument.startsWith('--test'))
  return execFileSync(process.execPath, [...execArgv, '--test-reporter=tap', '--input-type=module', '--eval', script], {
    env,
    encoding: 'utf8',
  })
}

describe('suite', () => {
  test('without a reason to skip its tests run', () => {
    const summary = summaryOf('false')
    assert.match(summary, /^# pass 2$/m)
    assert.match(summary, /^# skipped 0$/m)
  })

  test('with one it runs nothing, and counts as skipped', () => {
    const summary = summaryOf('"no peer"')
    assert.match(summary, /# SKIP no peer$/m)
    assert.match(summary, /^# pass 0$/m)
    assert.match(summary, /^# skipped 1$/m)
  })
})
