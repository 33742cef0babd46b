import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliError, describeFailure, exitCodeOf } from './errors.ts'
import { run } from './run.ts'
import { fakeIo } from './testing/fake-io.ts'

function systemError(facts: object): Error {
  return Object.assign(new Error('as the system has it'), facts)
}

describe('a failure is told', () => {
  const inUse = systemError({ code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 })
  const TABLE: [string, unknown, readonly string[]][] = [
    ['with all our lines', new CliError('CLI_CONFIGURATION', ['a:1: x', 'a:2: y']), ['a:1: x', 'a:2: y']],
    ['with a next step', inUse, ['127.0.0.1:8080 is already in use; stop what listens there or choose another port']],
    [
      'from below a wrapper',
      new Error('cannot listen', { cause: new Error('really', { cause: inUse }) }),
      ['127.0.0.1:8080 is already in use; stop what listens there or choose another port'],
    ],
    [
      'by the address that is not ours',
      systemError({ code: 'EADDRNOTAVAIL', address: '192.0.2.1', port: 80 }),
      ['192.0.2.1:80 is not an address of this machine; listen on one that is'],
    ],
    [
      'by the port that needs a right',
      systemError({ code: 'EACCES', address: '127.0.0.1', port: 80 }),
      ['no permission to listen on 127.0.0.1:80; ports below 1024 need it'],
    ],
    ['by the file that is missing', systemError({ code: 'ENOENT', path: '/x' }), ['there is no file /x']],
    ['by the file that is closed', systemError({ code: 'EACCES', path: '/x' }), ['no permission to read /x']],
    ['by the file that is a folder', systemError({ code: 'EISDIR', path: '/x' }), ['/x is a folder, not a file']],
    ['in one line', new Error('first\nsecond'), ['first']],
    [
      'with each problem of options',
      Object.assign(new Error('options\n  - a'), { problems: ['a', 'b\nc'] }),
      ['options', '  - a', '  - b'],
    ],
    ['by its name, where it has no message', new TypeError(), ['TypeError']],
    ['also where it is no error', 'why', ['why']],
  ]
  for (const [rule, error, lines] of TABLE) it(rule, () => assert.deepEqual(describeFailure(error), lines))

  it('and not followed for ever', () => {
    const loop: Error & { cause?: unknown } = new Error('round')
    loop.cause = loop
    assert.deepEqual(describeFailure(loop), ['round'])
  })
})

describe('exit codes', () => {
  it('tell wrong input from what failed', () => {
    assert.equal(exitCodeOf(new CliError('CLI_USAGE', 'x')), 2)
    assert.equal(exitCodeOf(new CliError('CLI_CONFIGURATION', 'x')), 2)
    assert.equal(exitCodeOf(new CliError('CLI_NO_FREE_PORT', 'x')), 1)
    assert.equal(exitCodeOf(new Error('x')), 1)
  })

  const REFUSED: [of: string, flags: readonly string[]][] = [
    ['the worker', ['--admin', '0.0.0.0:0']],
    ['its channel', ['--channel', '0.0.0.0:0']],
  ]
  for (const [of, flags] of REFUSED) {
    it(`take what ${of} refuses for wrong input, as what the command line refuses`, async () => {
      const io = fakeIo()
      assert.equal(await run(['worker', '--app', 'none.mjs', '--http', '0', ...flags], io), 2)
      assert.equal(io.complained.length, 1)
    })
  }
})
