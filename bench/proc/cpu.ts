/**
 * CPU time of process trees between two readings. Two sources per process: the scheduler's nanoseconds summed over its
 * threads (`task/TID/schedstat`, exact, but an ended thread takes its share with it) and the process's own ticks
 * (`stat`, 10 ms coarse, but complete). The finer figure is used wherever the coarser one does not contradict it.
 */
import { type ListedProcess, listOrEmpty, listProcesses, readOrEmpty } from './list.ts'
import { parseSchedstat } from './stat.ts'
import type { RootProcess } from './tree.ts'

/** utime and stime are each cut to whole ticks, at both ends: up to two ticks apart without any contradiction. */
const TICKS_TOLERANCE_NS = 20_000_000
/** Threads go on running while the files are read one after the other. */
const SHARE_TOLERANCE = 0.01

export interface ProcessCpu extends ListedProcess {
  /** Undefined where the kernel keeps no schedstat. */
  readonly threadsNs: number | undefined
}

export type CpuReading = ReadonlyMap<number, ProcessCpu>

/** Reads every process in the trees of the roots, now. */
export function readCpu(roots: readonly RootProcess[]): CpuReading {
  return new Map(listProcesses(roots).map((process) => [process.pid, withThreads(process)]))
}

/** Nanoseconds per role from `before` to `after`. */
export function cpuBetween(before: CpuReading, after: CpuReading): Map<string, number> {
  const byRole = new Map<string, number>()
  const add = (role: string, ns: number) => byRole.set(role, (byRole.get(role) ?? 0) + ns)
  for (const now of after.values()) {
    const then = sameProcess(before, now)
    add(now.role, ownNs(then, now) + now.endedChildrenNs - (then?.endedChildrenNs ?? 0))
  }
  // A child that ended in between reached its parent's account with its whole life; what lay before is taken off again.
  for (const then of before.values()) {
    if (sameProcess(after, then) !== undefined) continue
    if (after.has(then.parent)) add(then.role, -(then.cpuNs + then.endedChildrenNs))
  }
  return byRole
}

function sameProcess(reading: CpuReading, process: ProcessCpu): ProcessCpu | undefined {
  const found = reading.get(process.pid)
  return found?.startTicks === process.startTicks ? found : undefined
}

function ownNs(then: ProcessCpu | undefined, now: ProcessCpu): number {
  const coarse = now.cpuNs - (then?.cpuNs ?? 0)
  if (now.threadsNs === undefined || (then !== undefined && then.threadsNs === undefined)) return coarse
  const fine = now.threadsNs - (then?.threadsNs ?? 0)
  const agree = Math.abs(fine - coarse) <= TICKS_TOLERANCE_NS + coarse * SHARE_TOLERANCE
  return agree ? fine : coarse
}

function withThreads(process: ListedProcess): ProcessCpu {
  let threadsNs = 0
  for (const thread of listOrEmpty(`/proc/${process.pid}/task`))
    threadsNs += parseSchedstat(readOrEmpty(`/proc/${process.pid}/task/${thread}/schedstat`)) ?? 0
  return { ...process, threadsNs: threadsNs > 0 ? threadsNs : undefined }
}
