import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import express from 'express'
import { WorkerError } from './errors.ts'
import { loadApp, prepareApp, type RequestHandler } from './load-app.ts'

const WORKER = { name: 'worker1' }
const handler: RequestHandler = (_request, response) => void response.end('hello')

describe('an app is', () => {
  const expressApp = express()
  const ACCEPTED: [string, unknown, unknown][] = [
    ['a handler', handler, handler],
    ['an Express app', expressApp, expressApp],
    ['an object with a handler', { handler }, handler],
    ['an object with a handler of few parameters', { handler: expressApp }, expressApp],
    ['a set-up function', () => handler, handler],
    ['an async set-up function', async () => handler, handler],
    ['a set-up function that returns an object', () => ({ handler }), handler],
    ['an object with a set-up', { setup: async () => handler }, handler],
    ['a promise of a handler', Promise.resolve(handler), handler],
  ]
  for (const [rule, app, want] of ACCEPTED)
    it(rule, async () => assert.equal(await prepareApp(app, WORKER, 'app'), want))

  it('given its worker at set-up', async () => {
    let seen: unknown
    const setup = (worker: unknown): RequestHandler => {
      seen = worker
      return handler
    }
    await prepareApp(setup, WORKER, 'app')
    assert.equal(seen, WORKER)
  })
})

describe('an app is not', () => {
  const REFUSED: [string, unknown, string, RegExp][] = [
    ['nothing', undefined, 'WORKER_APP_SHAPE', /^app exports nothing; expected/],
    ['an empty module', {}, 'WORKER_APP_SHAPE', /^app exports nothing; expected/],
    ['some other object', { start: 1 }, 'WORKER_APP_SHAPE', /^app exports an object with start; expected/],
    ['a string', 'hi', 'WORKER_APP_SHAPE', /^app exports string "hi"; expected/],
    ['a set-up that returns nothing', () => {}, 'WORKER_APP_SHAPE', /^the set-up of app returned nothing; expected/],
    [
      'a set-up that throws',
      () => {
        throw new TypeError('no database')
      },
      'WORKER_APP_THREW',
      /^app failed to start: TypeError: no database \(.*load-app\.test\.[tj]s:\d+:\d+\)$/,
    ],
    [
      'a set-up that rejects with a string',
      () => Promise.reject('why'),
      'WORKER_APP_THREW',
      /^app failed to start: it threw string "why"$/,
    ],
  ]
  for (const [rule, app, code, message] of REFUSED)
    it(rule, () => assert.rejects(prepareApp(app, WORKER, 'app'), { name: 'WorkerError', code, message }))
})

describe('an app module', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clowder-app-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function load(name: string, text: string): Promise<unknown> {
    await writeFile(join(folder, name), text)
    return loadApp(join(folder, name))
  }

  for (const [rule, name, text] of [
    ['ESM with a default export', 'a.mjs', 'export default (req, res) => res.end()'],
    ['ESM with top-level await', 'b.mjs', 'export default await Promise.resolve((req, res) => res.end())'],
    ['ESM with an export named handler', 'c.mjs', 'export const handler = (req, res) => res.end()'],
    ['CommonJS', 'd.cjs', 'module.exports = (req, res) => res.end()'],
    ['CommonJS that was ESM', 'e.cjs', 'exports.__esModule = true; exports.default = (req, res) => res.end()'],
  ] as const)
    it(`can be ${rule}`, async () =>
      assert.equal(typeof (await prepareApp(await load(name, text), WORKER, name)), 'function'))

  it('that is missing is named', async () => {
    await assert.rejects(loadApp(join(folder, 'none.mjs')), {
      code: 'WORKER_APP_MISSING',
      message: `there is no app module ${join(folder, 'none.mjs')}`,
    })
  })

  for (const [rule, name, text, code, says] of [
    [
      'that throws',
      't.mjs',
      '\nnull.x',
      'WORKER_APP_THREW',
      /t\.mjs failed to load: TypeError: Cannot .*t\.mjs:2:\d+\)$/,
    ],
    ['with a mistake in its syntax', 's.mjs', 'let let', 'WORKER_APP_THREW', /s\.mjs failed to load: SyntaxError: .*$/],
    [
      'whose import is missing',
      'i.mjs',
      'import "./gone.mjs"',
      'WORKER_APP_MISSING',
      /i\.mjs: Cannot find .*gone\.mjs/,
    ],
  ] as const)
    it(`${rule} fails in one line`, async () => {
      const failure: unknown = await load(name, text).catch((error: unknown) => error)
      assert.ok(failure instanceof WorkerError)
      assert.equal(failure.code, code)
      assert.match(failure.message, says)
      assert.doesNotMatch(failure.message, /\n/)
    })
})
