import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAlive, type Running, start, startNode } from './process.ts'
import { until } from './until.ts'

const script = (code: string) => ['-e', code]

describe('process', () => {
  test('a line is found whether it was printed before or after the question', async (t) => {
    const child = await startNode(
      script(`console.log('ready a port=81'); setTimeout(() => console.error('ready b port=82'), 20)
              setInterval(() => {}, 1000)`),
      { owner: t },
    )
    assert.equal((await child.waitForLine(/^ready b port=(\d+)$/))[1], '82')
    assert.equal((await child.waitForLine(/^ready a port=(\d+)$/))[1], '81')
  })

  test('a process that ends without the line fails the wait at once, with its output', async (t) => {
    const child = await startNode(script(`console.error('address in use'); process.exit(3)`), { owner: t })
    await assert.rejects(
      child.waitForLine(/^ready/),
      /ended \(3\) without printing \/\^ready\/[\s\S]*\| address in use/,
    )
  })

  test('output without a final newline counts as a line', async (t) => {
    const child = await startNode(script(`process.stdout.write('no newline')`), { owner: t })
    assert.deepEqual(await child.exited, { code: 0, signal: null })
    assert.deepEqual(child.lines, ['no newline'])
  })

  test('stop asks politely and reports how the process ended', async (t) => {
    const polite = await startNode(
      script(`process.on('SIGTERM', () => process.exit(7)); console.log('up'); setInterval(() => {}, 1000)`),
      { owner: t },
    )
    await polite.waitForLine(/up/)
    assert.deepEqual(await polite.stop(), { code: 7, signal: null })
    assert.deepEqual(await polite.stop(), { code: 7, signal: null })
  })

  test('stop kills what does not listen, and fails', async (t) => {
    const deaf = await startNode(
      script(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`),
      { owner: t },
    )
    await deaf.waitForLine(/up/)
    await assert.rejects(deaf.stop('SIGTERM', 20), /not within 20 ms: .* ends after SIGTERM/)
    assert.equal(deaf.exit?.signal, 'SIGKILL')
  })

  test('an orphan that holds the output does not hold up the exit', async (t) => {
    const parent = await startNode(
      script(`const { spawn } = require('node:child_process')
              spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
              console.log('up'); setInterval(() => {}, 1000)`),
      { owner: t },
    )
    await parent.waitForLine(/up/)
    assert.deepEqual(await parent.stop('SIGKILL'), { code: null, signal: 'SIGKILL' })
  })

  test('a program that does not exist is named', async () => {
    await assert.rejects(start('no-such-program', []), /cannot start no-such-program/)
  })

  test('the end of the owner ends the process and its children', async (t) => {
    const closers: (() => void | Promise<void>)[] = []
    const owner = { after: (close: () => void | Promise<void>) => void closers.push(close) }
    const parent: Running = await startNode(
      script(`const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
              console.log('child ' + child.pid); setInterval(() => {}, 1000)`),
      { owner },
    )
    t.after(() => parent.kill())
    const grandchild = Number((await parent.waitForLine(/^child (\d+)$/))[1])
    assert.ok(isAlive(grandchild))
    for (const close of closers) await close()
    assert.equal(isAlive(parent.pid), false)
    await until('the grandchild is gone', () => !isAlive(grandchild))
  })

  test('a test process that is terminated takes its processes along', async (t) => {
    const outer = await startNode(
      [
        '--input-type=module',
        '-e',
        `import { startNode } from ${JSON.stringify(import.meta.url.replace('process.test', 'process'))}
         const inner = await startNode(['-e', 'setInterval(() => {}, 1000)'])
         console.log('inner ' + inner.pid)`,
      ],
      { owner: t },
    )
    const inner = Number((await outer.waitForLine(/^inner (\d+)$/))[1])
    assert.deepEqual(await outer.stop('SIGTERM'), { code: null, signal: 'SIGTERM' })
    await until('the inner process is gone', () => !isAlive(inner))
  })
})
