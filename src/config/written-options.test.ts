import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BalancerOptions } from '../balancer/options.ts'
import { loadBalancerConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'
import { writtenOptions } from './written-options.ts'

const options: BalancerOptions = {
  listen: [],
  workers: {
    a: {
      type: 'ajp13',
      host: '127.0.0.1',
      port: 8009,
      secret: 'not shown',
      lbfactor: 3,
      route: 'r',
      redirect: 'b',
      domain: 'd',
      distance: 2,
      activation: 'disabled',
      retries: 3,
      retryIntervalMs: 50,
      replyTimeoutMs: 4_000,
      socketTimeoutMs: 7_000,
      connectionPoolSize: 9,
      connectionPoolTimeoutMs: 60_000,
      connectTimeoutMs: 11,
      failOnStatus: [500, -404],
      recoveryOptions: 3,
      busyLimit: 4,
      socketKeepalive: true,
    },
    b: { type: 'http', host: '127.0.0.2', port: 80, allowReplay: true },
    lb: {
      type: 'lb',
      balanceWorkers: ['a', 'b'],
      stickySession: false,
      method: 'busyness',
      lock: 'pessimistic',
      recoverTimeMs: 30_000,
      maxReplyTimeouts: 2,
      sessionCookie: 'sid',
    },
    jk: { type: 'status', readOnly: true, users: ['ann', 'bob'], good: ['a'], prefix: 'p' },
  },
  workerList: ['lb', 'jk'],
  hosts: [{ names: [], mounts: [], access: [] }],
  maintainMs: 2_000,
}

describe('options as workers.properties', () => {
  it('are what a file that says so is read as', async () => {
    const lines = writtenOptions(options).map((property) => `${property.join('=')}\n`)
    const read = await loadBalancerConfiguration('w.properties', memoryFiles({ 'w.properties': lines.join('') }))
    assert.deepEqual(read.complaints, [])
    const { secret: _, ...a } = options.workers.a as { secret: string }
    assert.deepEqual(read.options?.workers, { ...options.workers, a })
    assert.deepEqual([read.options?.workerList, read.options?.maintainMs], [options.workerList, options.maintainMs])
  })

  it('say only what was given, and no secret', () => {
    const given: BalancerOptions = {
      ...options,
      workers: { a: { type: 'ajp13', host: 'h', secret: 's' } },
      workerList: ['a'],
    }
    const { maintainMs: _, ...rest } = given
    assert.deepEqual(writtenOptions(rest), [
      ['worker.list', 'a'],
      ['worker.a.type', 'ajp13'],
      ['worker.a.host', 'h'],
    ])
  })
})
