import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { STALE_AFTER_MS, withLock } from './lock.mjs'

function place(t) {
  const folder = mkdtempSync(join(tmpdir(), 'clowder-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { folder, path: join(folder, 'lock') }
}

/** A pid that belonged to a process which is gone. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid

describe('lock', () => {
  test('the work of two holders never overlaps, and nothing is left behind', async (t) => {
    const { folder, path } = place(t)
    let inside = 0
    const waited = []
    const work = async () => {
      inside++
      assert.equal(inside, 1)
      await new Promise(setImmediate)
      inside--
    }
    await Promise.all([1, 2, 3, 4].map(() => withLock(path, work, (holder) => waited.push(holder))))
    assert.deepEqual(new Set(waited), new Set([`process ${process.pid}`]))
    assert.equal(waited.length, 3)
    assert.deepEqual(readdirSync(folder), [])
  })

  test('the answer and the failure of the work come through, and both free the lock', async (t) => {
    const { path } = place(t)
    assert.equal(await withLock(path, async () => 42), 42)
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error('no disk'))),
      /no disk/,
    )
    assert.equal(existsSync(path), false)
  })

  const stale = [
    ['of a process that died', () => JSON.stringify({ pid: deadPid(), host: hostname() }), 0],
    [
      'of another machine that stopped touching it',
      () => JSON.stringify({ pid: process.pid, host: 'elsewhere' }),
      STALE_AFTER_MS + 1_000,
    ],
    ['that is no lock at all', () => 'garbage', 0],
  ]
  for (const [what, content, ageMs] of stale) {
    test(`a lock ${what} is taken over`, async (t) => {
      const { path } = place(t)
      writeFileSync(path, content())
      const touched = new Date(Date.now() - ageMs)
      utimesSync(path, touched, touched)
      let ran = false
      await withLock(path, async () => {
        ran = true
      })
      assert.ok(ran)
      assert.equal(existsSync(path), false)
    })
  }
})
