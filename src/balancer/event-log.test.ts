/** What is logged at which level, and how it stands in the file. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { until } from '../../test/kit/until.ts'
import { type LogLevel, logged, logLevels } from './event-log.ts'
import type { BalancerEvent } from './events.ts'
import { ask, cast, named, REFUSES } from './testing/balancer.ts'
import { get } from './testing/engine.ts'

const client = { address: '203.0.113.7', port: 1, localPort: 80, encrypted: false }
const state = (before: 'ok' | 'error' | 'probe' | 'force' | 'idle', after: 'ok' | 'error'): BalancerEvent => {
  return { type: 'member-state', lb: 'lb', member: 'a', before, state: after }
}
const failed = (code: 'LB_INTERNAL' | 'LB_CONNECT_REFUSED', willRetry = true): BalancerEvent => {
  return { type: 'attempt-failed', worker: 'a', code, willRetry, method: 'GET', cause: new Error('broken') }
}
const by = { who: 'ann', address: '127.0.0.1', page: 'status' } as never

const rows: readonly [says: RegExp, level: LogLevel, event: BalancerEvent][] = [
  [/^lb: a is in error$/, 'error', state('ok', 'error')],
  [/^lb: a is well again$/, 'info', state('error', 'ok')],
  [/^lb: a is error, was probe$/, 'debug', state('probe', 'error')],
  [/^lb: a is error, was force$/, 'debug', state('force', 'error')],
  [/^lb: a is ok, was idle$/, 'debug', state('idle', 'ok')],
  [/^a: LB_CONNECT_REFUSED of a GET, it is tried again: broken$/, 'debug', failed('LB_CONNECT_REFUSED')],
  [/^a: LB_CONNECT_REFUSED of a GET, it has failed: broken$/, 'debug', failed('LB_CONNECT_REFUSED', false)],
  [/^LB_INTERNAL: Error: broken\n/, 'error', failed('LB_INTERNAL')],
  [/^a request of 203.0.113.7 is refused: FRONT_FORBIDDEN$/, 'debug', refused('FRONT_FORBIDDEN')],
  [/^LB_INTERNAL: /, 'error', refused('LB_INTERNAL')],
  [/^m: 2 rules are in force\nnote$/, 'info', { type: 'mounts-reloaded', file: 'm', rules: 2, notes: ['note'] }],
  [/^m: the rules stay as they were: why$/, 'error', { type: 'mounts-kept', file: 'm', reason: 'why' }],
  [/^f: lines are lost: full$/, 'error', { type: 'log-trouble', file: 'f', reason: 'full' }],
  [/^hardly$/, 'warn', { type: 'option-warning', text: 'hardly' }],
]

function refused(code: 'FRONT_FORBIDDEN' | 'LB_INTERNAL'): BalancerEvent {
  return { type: 'request-refused', code, client }
}

describe('JkLogLevel', () => {
  for (const [says, level, event] of rows) {
    test(`${level}: ${says.source}`, () => {
      const at = logLevels.filter((each) => logged(event, each) !== undefined)
      assert.deepEqual(at, logLevels.slice(0, logLevels.indexOf(level) + 1))
      assert.equal(logged(event, 'trace')!.level, level)
      assert.match(logged(event, 'trace')!.text, says)
    })
  }
  test('who was refused a change is told at every level', () => {
    for (const level of logLevels)
      assert.equal(logged({ type: 'edit-refused', by, reason: 'why' }, level)?.level, 'warn')
  })
})

describe('JkLogFile', () => {
  const read = (file: string) => readFileSync(file, 'utf8')

  test('has time, process and level before each line, and is opened again when it was moved', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'mod_jk.log')
    const log = { file, level: 'debug' as const, stamp: '[%Y] ' }
    const { client: visitor, balancer } = await cast(t, { a: REFUSES, b: named('b') }, { balancer: { log } })
    await ask(visitor, get())
    const head = `[${new Date().getFullYear()}] [${process.pid}] `
    await until('it is written', () => read(file).includes(`${head}[error] lb: a is in error\n`))
    assert.ok(read(file).includes(`${head}[debug] a: LB_CONNECT_REFUSED of a GET`))
    renameSync(file, `${file}.1`)
    balancer.reopenLogs()
    await ask(visitor, 'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('it is there again', () => read(file).includes('is refused: FRONT_BAD_PATH\n'))
  })

  test('has what matters less than its level nowhere', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'mod_jk.log')
    const { client: visitor } = await cast(
      t,
      { a: REFUSES, b: named('b') },
      { balancer: { log: { file, level: 'error' } } },
    )
    await ask(visitor, get())
    await until('it is written', () => read(file).endsWith('[error] lb: a is in error\n'))
    assert.equal(read(file).split('\n').length, 2)
  })

  test('is there from the start, before anything happens', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'mod_jk.log')
    await cast(t, { a: named('a') }, { balancer: { log: { file } } })
    await until('it is there', () => existsSync(file))
    assert.equal(read(file), '')
  })

  test('that cannot be written is told at the start', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'none', 'mod_jk.log')
    const { events } = await cast(t, { a: named('a') }, { balancer: { log: { file } } })
    await until('it is told', () => events.some(({ type }) => type === 'log-trouble'))
  })

  test('that cannot be written is told, once, and nothing else suffers', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'none', 'mod_jk.log')
    const town = await cast(t, { a: REFUSES, b: named('b') }, { balancer: { log: { file, level: 'debug' } } })
    assert.equal((await ask(town.client, get())).status, 200)
    await until('it is told', () => town.events.some(({ type }) => type === 'log-trouble'))
    await ask(town.client, get())
    assert.equal(town.events.filter(({ type }) => type === 'log-trouble').length, 1)
  })
})
