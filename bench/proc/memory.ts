/**
 * Memory of process trees. PSS (proportional set size) shares out pages that several processes map, so the members of a
 * tree may be added up; RSS may not. The high-water mark is the kernel's own and misses nothing between two samples,
 * but counts shared pages in full for each process.
 */
import { listProcesses, readOrEmpty } from './list.ts'
import { parseKilobytes } from './stat.ts'
import type { RootProcess } from './tree.ts'

export interface MemoryReading {
  readonly pssBytes: number
  /** Sum of VmHWM, the most each process has ever had resident. */
  readonly highWaterBytes: number
}

export function readMemory(roots: readonly RootProcess[]): MemoryReading {
  let pssBytes = 0
  let highWaterBytes = 0
  for (const { pid } of listProcesses(roots)) {
    pssBytes += parseKilobytes(readOrEmpty(`/proc/${pid}/smaps_rollup`), 'Pss') ?? 0
    highWaterBytes += parseKilobytes(readOrEmpty(`/proc/${pid}/status`), 'VmHWM') ?? 0
  }
  return { pssBytes, highWaterBytes }
}

/** Samples until stopped; `stop` takes the last sample and gives the highest. */
export function watchMemory(roots: readonly RootProcess[], everyMs: number): { stop(): MemoryReading } {
  let peak: MemoryReading = { pssBytes: 0, highWaterBytes: 0 }
  const sample = () => {
    const now = readMemory(roots)
    peak = {
      pssBytes: Math.max(peak.pssBytes, now.pssBytes),
      highWaterBytes: Math.max(peak.highWaterBytes, now.highWaterBytes),
    }
  }
  const timer = setInterval(sample, everyMs)
  return {
    stop() {
      clearInterval(timer)
      sample()
      return peak
    },
  }
}
