import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveOptions } from '../balancer/resolve-options.ts'
import { parseQuickWorkers, quickBalancer } from './quick-balancer.ts'

describe('workers on the command line', () => {
  it('become one load balancer with a status page', () => {
    const workers = parseQuickWorkers(['a=ajp://127.0.0.1:8091', 'b=http://[::1]:8092/'])
    const options = quickBalancer([{ host: '127.0.0.1', port: 8080 }], workers, 'hidden')
    assert.deepEqual(options.workers.a, { type: 'ajp13', host: '127.0.0.1', port: 8091, secret: 'hidden' })
    assert.deepEqual(options.workers.b, { type: 'http', host: '::1', port: 8092 })
    assert.deepEqual(Object.keys(options.workers), ['a', 'b', 'loadbalancer', 'jkstatus'])
    resolveOptions(options)
  })

  for (const [rule, words, lines] of [
    ['no name', ['http://h:1'], ['--worker http://h:1 is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT']],
    ['no port', ['a=http://h'], ['--worker a=http://h is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT']],
    ['a path', ['a=http://h:1/x'], ['--worker a=http://h:1/x is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT']],
    [
      'a password',
      ['a=http://u:p@h:1'],
      ['--worker a=http://u:p@h:1 is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT'],
    ],
    [
      'another protocol',
      ['a=ftp://h:1'],
      ['--worker a=ftp://h:1 is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT'],
    ],
    ['a name twice', ['a=http://h:1', 'a=http://h:2'], ['there are two workers called a']],
    ['a name that is taken', ['jkstatus=http://h:1'], ['a worker cannot be called jkstatus']],
    [
      'several at once',
      ['a', 'b'],
      [
        '--worker a is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT',
        '--worker b is not NAME=ajp://HOST:PORT or NAME=http://HOST:PORT',
      ],
    ],
  ] as const)
    it(`are refused: ${rule}`, () => assert.throws(() => parseQuickWorkers(words), { code: 'CLI_USAGE', lines }))
})
