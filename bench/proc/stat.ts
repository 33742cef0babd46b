/**
 * Reads the text of files under /proc (proc(5)); opens none of them.
 *
 *   /proc/PID/stat        PID (NAME) STATE PPID … utime stime cutime cstime … starttime …
 *   /proc/PID/task/TID/schedstat    run-ns wait-ns slices
 *   /proc/PID/smaps_rollup, /proc/PID/status, /proc/PID/limits    Key: value kB
 */

/**
 * Linux tells user space about clock ticks in units of USER_HZ, which is 100 on every architecture Node runs on
 * (time(7)), whatever the kernel's own tick is.
 */
const NS_PER_TICK = 10_000_000

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** One letter: R running, S sleeping, Z ended and not yet waited for, … */
  readonly state: string
  /** User + system time of the process with all its threads, the ended ones included. */
  readonly cpuNs: number
  /** The same of its children that have ended and were waited for, and of theirs. */
  readonly endedChildrenNs: number
  /** Ticks from boot to the start of the process: tells a reused pid from the old one. */
  readonly startTicks: number
}

/** Undefined when the text is not that of a stat file. */
export function parseStat(text: string): ProcessStat | undefined {
  // The name may hold blanks and brackets, so counting starts behind the last bracket.
  const nameEnd = text.lastIndexOf(')')
  const fields = text.slice(nameEnd + 2).split(' ')
  const field = (number: number): number => Number(fields[number - 3])
  const numbers = {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    cpuNs: (field(14) + field(15)) * NS_PER_TICK,
    endedChildrenNs: (field(16) + field(17)) * NS_PER_TICK,
    startTicks: field(22),
  }
  if (nameEnd < 0 || Object.values(numbers).some((value) => !Number.isFinite(value))) return undefined
  return { ...numbers, state: fields[0] ?? '' }
}

/** Nanoseconds on a CPU; undefined when the kernel keeps none (the file is then absent, empty or all zero). */
export function parseSchedstat(text: string): number | undefined {
  const ns = Number.parseInt(text, 10)
  return ns > 0 ? ns : undefined
}

/** A `Key:  123 kB` line in bytes. */
export function parseKilobytes(text: string, key: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${key}:`))
  if (line === undefined) return undefined
  const kilobytes = Number.parseInt(line.slice(key.length + 1), 10)
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined
}

/** The soft limit of `Max open files`; Infinity when unlimited. */
export function parseOpenFilesLimit(text: string): number | undefined {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(text)
  if (found === null) return undefined
  return found[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found[1])
}
