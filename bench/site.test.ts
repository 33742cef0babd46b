import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { assertEqualAnswers, headFor } from './equal-answers.ts'
import { runLoad } from './load/run-load.ts'
import { startNodeProxy, startRelay, startSmallBackends } from './peers/node-programs.ts'
import { listProcesses } from './proc/list.ts'
import { formatBackends } from './programs/program-arguments.ts'
import { freePort, Site } from './site.ts'

const linux = { skip: process.platform === 'linux' ? false : 'finds processes in /proc' }
const ROUTES = ['worker1', 'worker2']
const small = { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' }

test('no port is given twice: whoever has it may not listen yet', async () => {
  const ports: number[] = []
  while (ports.length < 500) ports.push(await freePort())
  assert.equal(new Set(ports).size, ports.length)
})

test('our own fronts give the answers all contestants must give, and carry a load without errors', linux, async () => {
  const site = await Site.open()
  try {
    const { backends } = await startSmallBackends(site, ROUTES)
    const proxy = await startNodeProxy(site, backends)
    await assertEqualAnswers({ key: 'proxy', duty: 'sticky' }, proxy.port, ROUTES, small)
    const relay = await startRelay(site, backends)
    await assertEqualAnswers({ key: 'relay', duty: 'none' }, relay.port, ROUTES, small)
    // The relay knows no routes, so the proof must see through it.
    await assert.rejects(assertEqualAnswers({ key: 'relay', duty: 'sticky' }, relay.port, ROUTES, small), {
      code: 'BENCH_UNEQUAL',
    })
    const groups = ROUTES.map((route) => ({ port: proxy.port, heads: [headFor('/small', 'browser', route)] }))
    const load = await runLoad({ groups, connections: 4, seconds: 1 }, await site.folder('load'), 'own')
    assert.equal(load.errors, 0)
    assert.ok(load.requests > 10, `${load.requests} requests`)
    assert.ok(load.p50Ms <= load.p99Ms && load.bytes > load.requests * 60)
  } finally {
    await site.close()
  }
})

test('close leaves no process and no folder', linux, async () => {
  const site = await Site.open()
  const folder = await site.folder('x')
  const { pids, backends } = await startSmallBackends(site, ROUTES)
  assert.equal(formatBackends(backends).length, 2)
  await site.close()
  assert.deepEqual(listProcesses(pids().map((pid) => ({ role: '', pid }))), [])
  assert.equal(existsSync(dirname(folder)), false)
})

test('a process that ends instead of serving is a failure that quotes its last words', linux, async () => {
  const site = await Site.open()
  try {
    const start = site.start({
      name: 'broken',
      command: process.execPath,
      args: ['-e', 'console.error("no such thing"); process.exit(3)'],
      ready: { lines: 1 },
    })
    await assert.rejects(start, { code: 'BENCH_START', message: /broken: exit 3\n(.|\n)*no such thing/ })
  } finally {
    await site.close()
  }
})

test('a process that shrugs off SIGTERM is killed with its children', linux, async () => {
  const site = await Site.open({ stopWithinMs: 100 })
  const stubborn = await site.start({
    name: 'stubborn',
    command: '/bin/sh',
    args: ['-c', 'trap "" TERM; sleep 600 & echo "ready child $!"; while :; do wait; done'],
    ready: { lines: 1 },
  })
  const child = Number(stubborn.readyLines[0]?.split(' ')[2])
  assert.ok(child > 0)
  await site.close()
  const left = listProcesses([stubborn.pid, child].map((pid) => ({ role: '', pid })))
  assert.deepEqual(
    left.filter(({ state }) => state !== 'Z'),
    [],
  )
})
