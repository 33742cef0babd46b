/** Lines of logs, through a whole balancer. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { until } from '../../test/kit/until.ts'
import type { VirtualHostOptions } from './options.ts'
import { ask, cast, mount, named, REFUSES } from './testing/balancer.ts'
import { get, silent } from './testing/engine.ts'

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
const written = (file: string, text: string) => until(`the log is ${text}`, () => read(file) === text)

describe('a request log', () => {
  const town = async (t: Parameters<typeof cast>[0], host: Partial<VirtualHostOptions>) => {
    const hosts = [{ names: ['log.example'], mounts: [mount('/*', 'lb')], access: [], ...host }]
    return cast(t, { a: named('a') }, { balancer: { hosts } })
  }

  test('has a line for each request, answered or refused', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'access.log')
    const host = { mounts: [mount('/app/*', 'lb')], logs: [{ file, format: '%m %U %s %B %v %{JK_WORKER_ROUTE}n' }] }
    const { client } = await town(t, host)
    await ask(client, get('/app/x'))
    const refused = await ask(client, get('/none'))
    await ask(client, 'HEAD /app/x HTTP/1.1\r\nHost: a\r\n\r\n')
    const size = refused.body.length
    await written(
      file,
      `GET /app/x 200 1 log.example a\nGET /none 404 ${size} log.example -\nHEAD /app/x 200 0 log.example a\n`,
    )
  })

  test('of mod_jk is about requests for workers', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'mod_jk.log')
    const logs = [{ file, format: '%w %R %U', of: 'jk' as const }]
    const { client } = await town(t, { mounts: [mount('/app/*', 'lb')], logs })
    await ask(client, get('/none'))
    await ask(client, get('/app/x'))
    await written(file, 'lb a /app/x\n')
  })

  test('tells the members of an lb that a request went to, as mod_jk’s notes do', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'access.log')
    const of = (which: string) =>
      ['NAME', 'ACCESSED', 'SESSIONS', 'ERRORS', 'BUSY', 'ACTIVATION', 'STATE'].map((n) => `%{JK_LB_${which}_${n}}n`)
    const format = ['%{JK_WORKER_TYPE}n %{JK_WORKER_ROUTE}n', ...of('FIRST'), ...of('LAST')].join(' ')
    // The activation that a rule overrides is told as it is without it.
    const rule = { ...mount('/*', 'lb'), extensions: { active: ['b'] } }
    const hosts = [{ names: [], mounts: [rule], access: [], logs: [{ file, format }] }]
    const b = { script: named('b'), activation: 'disabled' } as const
    const { client } = await cast(t, { a: REFUSES, b }, { balancer: { hosts } })
    await ask(client, get())
    await ask(client, get())
    await written(file, 'lb b a 1 1 1 0 ACT ERR b 1 1 0 0 DIS OK\nlb b b 2 2 0 0 DIS OK b 2 2 0 0 DIS OK\n')
  })

  test('speaks of the page of a folder, as httpd’s does', async (t) => {
    const folder = temporaryFolder('log', t)
    folder.write('www/docs/index.html', 'docs')
    const file = join(folder.path, 'access.log')
    const { client } = await town(t, {
      mounts: [],
      files: { root: join(folder.path, 'www') },
      logs: [{ file, format: '%U' }],
    })
    await ask(client, get('/docs/'))
    await written(file, '/docs/index.html\n')
  })

  test('may be about some requests only', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'access.log')
    const env = [{ when: { of: 'path' as const, matches: '\\.gif$' }, sets: [['image', '1']] as const }]
    const { client } = await town(t, { env, logs: [{ file, format: '%U', only: '!image' }] })
    await ask(client, get('/x.gif'))
    await ask(client, get('/x'))
    await written(file, '/x\n')
  })

  test('says when a client left before its answer', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'access.log')
    const hosts = [{ names: [], mounts: [mount('/*', 'lb')], access: [], logs: [{ file, format: '%X %s' }] }]
    const { client, backends } = await cast(t, { a: silent }, { balancer: { hosts } })
    await client.send(get('/'))
    await until('the worker has it', () => backends.a!.accepted === 1)
    client.reset()
    await written(file, 'X -\n')
  })

  test('goes on in a new file when the old one was moved', async (t) => {
    const file = join(temporaryFolder('log', t).path, 'access.log')
    const { client, balancer } = await town(t, { logs: [{ file, format: '%U' }] })
    await ask(client, get('/one'))
    await written(file, '/one\n')
    renameSync(file, `${file}.1`)
    balancer.reopenLogs()
    await ask(client, get('/two'))
    await written(file, '/two\n')
    assert.equal(read(`${file}.1`), '/one\n')
  })

  test('that cannot be written costs no request, and is told of', async (t) => {
    const folder = temporaryFolder('log', t)
    const file = join(folder.path, 'access.log')
    mkdirSync(file)
    const { client, events } = await town(t, { logs: [{ file, format: '%U' }] })
    for (let i = 0; i < 3; i++) assert.equal((await ask(client, get('/'))).status, 200)
    await until('it is told', () => events.some(({ type }) => type === 'log-trouble'))
  })
})
