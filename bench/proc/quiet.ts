/**
 * Waits until processes have finished what a load left behind: queued replication, a garbage collection. It belongs to
 * the requests that caused it, so the CPU is read after it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { cpuBetween, readCpu } from './cpu.ts'
import type { RootProcess } from './tree.ts'

const LOOK_EVERY_MS = 100
/** Of one core. Timers and compilers of a JVM at rest stay below it. */
const QUIET_SHARE = 0.1
const QUIET_WITHIN_MS = 3_000

/** Resolves when they are quiet, at the latest after three seconds: what never rests has no end to wait for. */
export async function untilQuiet(roots: readonly RootProcess[]): Promise<void> {
  const until = performance.now() + QUIET_WITHIN_MS
  let before = readCpu(roots)
  let lookedAt = performance.now()
  while (lookedAt < until) {
    await pause(LOOK_EVERY_MS)
    const now = readCpu(roots)
    const usedNs = [...cpuBetween(before, now).values()].reduce((sum, ns) => sum + ns, 0)
    const passedNs = (performance.now() - lookedAt) * 1e6
    if (usedNs < passedNs * QUIET_SHARE) return
    before = now
    lookedAt = performance.now()
  }
}
