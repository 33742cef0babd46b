import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { FakeClock } from '../../clock/fake-clock.ts'
import type { ChildEvents } from './child.ts'
import { NeverServedError, START_LIMIT_MS, SupervisedProcess } from './supervised-process.ts'

const KILLED = { code: null, signal: 'SIGKILL' }

/** A stage on which processes are only claimed to run: the test plays all of them, one after the other. */
class Stage {
  readonly clock = new FakeClock()
  readonly spawned: ChildEvents[] = []
  readonly signals: string[] = []
  readonly reports: string[] = []
  readonly output: string[] = []
  readonly process = new SupervisedProcess('worker1', 'worker', ['node', 'main.js', 'worker'], {
    clock: this.clock,
    random: () => 0,
    spawn: (_command, events) => {
      this.spawned.push(events)
      return { kill: (signal) => void this.signals.push(signal) }
    },
    output: (name, stream, text) => void this.output.push(`${name} ${stream} ${text}`),
    report: (line) => void this.reports.push(line),
  })

  get child(): ChildEvents {
    return this.spawned.at(-1)!
  }

  ready(): void {
    this.child.line('out', 'ready worker worker1 http=127.0.0.1:8091 pid=7')
  }
}

describe('supervised process', () => {
  let stage: Stage
  beforeEach(() => {
    stage = new Stage()
  })

  it('starts, and resolves with the ready line', async () => {
    const started = stage.process.start()
    stage.child.line('out', 'the app says hello')
    stage.ready()
    assert.equal((await started).facts.http, '127.0.0.1:8091')
    assert.deepEqual(stage.output, [
      'worker1 out the app says hello',
      'worker1 out ready worker worker1 http=127.0.0.1:8091 pid=7',
    ])
    assert.equal(stage.clock.pending, 0)
  })

  it('takes no ready line of another role, or on the error stream, for its own', () => {
    void stage.process.start()
    stage.child.line('out', 'ready balancer clowder pid=8')
    stage.child.line('err', 'ready worker worker1 pid=8')
    assert.equal(stage.clock.pending, 1, 'still waits for the start')
  })

  it('gives up when it ends before it served, and leaves nothing behind', async () => {
    const started = stage.process.start()
    stage.child.end({ code: 2, signal: null })
    await assert.rejects(started, { message: 'worker1 ended before it was ready (exit code 2)', hasSaidWhy: false })
    assert.deepEqual(stage.reports, [])
    assert.equal(stage.clock.pending, 0)
    await stage.process.stop(1_000)
  })

  it('knows whether an early end has been explained', async () => {
    const started = stage.process.start()
    stage.child.line('err', 'clowder: there is no app module x.mjs')
    stage.child.end({ code: 1, signal: null })
    await assert.rejects(started, { hasSaidWhy: true, end: { code: 1, signal: null } })
  })

  it('kills what does not become ready', async () => {
    const started = stage.process.start()
    stage.clock.advance(START_LIMIT_MS)
    assert.deepEqual(stage.signals, ['SIGKILL'])
    stage.child.end(KILLED)
    await assert.rejects(started, NeverServedError)
  })

  it('starts again what dies, with growing rests, and says so in one line each', () => {
    void stage.process.start()
    stage.ready()
    stage.clock.advance(12_000)
    stage.child.end(KILLED)
    stage.clock.advance(99)
    assert.equal(stage.spawned.length, 1)
    stage.clock.advance(1)
    assert.equal(stage.spawned.length, 2)
    stage.child.end({ code: 1, signal: null })
    stage.clock.advance(200)
    assert.equal(stage.spawned.length, 3)
    assert.deepEqual(stage.reports, [
      'worker1 ended (SIGKILL) after 12.0 s; starting it again in 0.1 s',
      'worker1 ended (exit code 1) after 0.0 s; starting it again in 0.2 s',
    ])
  })

  it('stops with SIGTERM and waits for the end', async () => {
    void stage.process.start()
    stage.ready()
    const stopped = stage.process.stop(5_000)
    const again = stage.process.stop(5_000)
    assert.deepEqual(stage.signals, ['SIGTERM'])
    stage.child.end({ code: 0, signal: null })
    await Promise.all([stopped, again])
    assert.equal(stage.clock.pending, 0)
    assert.equal(stage.spawned.length, 1)
    assert.deepEqual(stage.reports, [])
  })

  it('kills what does not stop in time, and says so', async () => {
    void stage.process.start()
    stage.ready()
    const stopped = stage.process.stop(5_000)
    stage.clock.advance(5_000)
    assert.deepEqual(stage.signals, ['SIGTERM', 'SIGKILL'])
    assert.deepEqual(stage.reports, ['worker1 has not ended within 5.0 s; killing it'])
    stage.child.end(KILLED)
    await stopped
  })

  it('stops at once during a rest', async () => {
    void stage.process.start()
    stage.ready()
    stage.child.end(KILLED)
    await stage.process.stop(5_000)
    stage.clock.advance(60_000)
    assert.equal(stage.spawned.length, 1)
    assert.equal(stage.clock.pending, 0)
  })

  it('a stop before the ready line fails the start', async () => {
    const started = stage.process.start()
    const stopped = stage.process.stop(5_000)
    stage.child.end({ code: 0, signal: null })
    await assert.rejects(started, NeverServedError)
    await stopped
  })
})
