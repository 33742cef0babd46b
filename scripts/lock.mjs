/**
 * A lock file that one process holds and others wait for; a lock whose holder died is taken over.
 * Knows nothing of what it protects. Plain Node without dependencies, because it runs before anything is installed.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** The holder touches its file this often … */
const HEARTBEAT_MS = 2_000
/** … and is taken for dead when it has not for this long. Covers a holder on another machine or in another container. */
export const STALE_AFTER_MS = 30_000
const RETRY_MS = 50

/**
 * Runs `work` while holding the lock at `path`.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(holder: string) => void} [onWait] called once when somebody else holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait = () => {}) {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  let waited = false
  while (!create(path, mine)) {
    const theirs = read(path)
    if (theirs === undefined) continue
    if (isStale(path, theirs)) {
      remove(path, theirs)
      continue
    }
    if (!waited) onWait(`process ${parse(theirs)?.pid ?? '?'}`)
    waited = true
    await sleep(RETRY_MS)
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    remove(path, mine)
  }
}

function create(path, content) {
  // Written aside and linked, so that nobody ever reads a lock without its content.
  const aside = `${path}.${randomUUID()}`
  writeFileSync(aside, content)
  try {
    linkSync(aside, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function isStale(path, content) {
  const holder = parse(content)
  if (holder === undefined) return true
  if (holder.host === hostname() && !isAlive(holder.pid)) return true
  const touchedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
  return Date.now() - touchedMs > STALE_AFTER_MS
}

function parse(content) {
  try {
    const { pid, host } = JSON.parse(content)
    return Number.isInteger(pid) ? { pid, host } : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Removes the lock only if it is still the one we judged: another process may have taken over in between. For the
 * moment between taking a wrong one away and putting it back a third process may get in; both would then do the same
 * work at once, which is slow but not wrong for an install or a build that overwrites its own output.
 */
function remove(path, content) {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') !== content) {
    try {
      linkSync(aside, path)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
  rmSync(aside, { force: true })
}

function touch(path) {
  try {
    const now = new Date()
    utimesSync(path, now, now)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
}
