import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ChildEnd, spawner } from './child.ts'

interface Run {
  readonly lines: string[]
  readonly end: ChildEnd
}

function run(
  command: readonly string[],
  onLine?: (text: string, kill: (signal: 'SIGTERM' | 'SIGKILL') => void) => void,
  variables?: Record<string, string>,
) {
  return new Promise<Run>((resolve) => {
    const lines: string[] = []
    const child = spawner(variables)(command, {
      line: (stream, text) => {
        lines.push(`${stream} ${text}`)
        onLine?.(text, child.kill)
      },
      end: (end) => resolve({ lines, end }),
    })
  })
}

function script(text: string): string[] {
  return [process.execPath, '-e', text]
}

describe('a real child', () => {
  it('gives its lines, the unfinished last one too, and its exit code', async () => {
    const { lines, end } = await run(script('process.stdout.write("one\\ntwo"); process.exitCode = 3'))
    assert.deepEqual(lines, ['out one', 'out two'])
    assert.deepEqual(end, { code: 3, signal: null })
  })

  it('has the variables it was given beside those of its parent', async () => {
    const command = script('console.log(process.env.HIDDEN, process.env.PATH === undefined)')
    const { lines } = await run(command, undefined, { HIDDEN: 'x' })
    assert.deepEqual(lines, ['out x false'])
  })

  it('takes signals', async () => {
    const { end } = await run(script('setInterval(() => {}, 1e6); console.log("up")'), (_text, kill) => kill('SIGKILL'))
    assert.deepEqual(end, { code: null, signal: 'SIGKILL' })
  })

  it('can tell that it is supervised', async () => {
    const { lines } = await run(script('console.log(process.connected); process.disconnect()'))
    assert.deepEqual(lines, ['out true'])
  })

  it('is told as ended when it cannot be spawned', async () => {
    const { end } = await run(['/nowhere/to/be/found'])
    assert.equal((end.error as NodeJS.ErrnoException).code, 'ENOENT')
  })

  it('has ended although a grandchild still holds its output', async () => {
    const { lines, end } = await run(
      script(`
        const { spawn } = require('node:child_process')
        const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3000)'], { stdio: 'inherit' })
        child.unref()
        process.disconnect()
        console.log('left it behind')
      `),
    )
    assert.deepEqual(lines, ['out left it behind'])
    assert.deepEqual(end, { code: 0, signal: null })
  })
})
