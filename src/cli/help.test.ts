import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { COMMANDS } from './commands.ts'
import { run } from './run.ts'
import { fakeIo } from './testing/fake-io.ts'

async function helpOf(...args: readonly string[]): Promise<string> {
  const io = fakeIo()
  assert.equal(await run(args, io), 0)
  return io.printed.join('\n')
}

describe('the help', () => {
  it('names every command', async () => {
    const help = await helpOf('help')
    for (const { name, summary } of COMMANDS) assert.ok(help.includes(`  ${name} `) && help.includes(summary), name)
  })

  for (const { name, options } of COMMANDS) {
    it(`of ${name} says what it takes: a line for each option, below the usage`, async () => {
      const help = await helpOf('help', name)
      assert.equal(help, await helpOf(name, '--help'))
      for (const [option, { short }] of Object.entries(options)) {
        const line = help.split('\n').find((text) => new RegExp(`^ +--${option}\\b`).test(text))
        assert.ok(line !== undefined, `--${option}`)
        if (short !== undefined) assert.ok(line.includes(`-${short}`), `-${short}`)
      }
      assert.ok(help.split('\n').every((text) => text.length <= 120))
    })
  }
})
