/** What a load is and what it gives back, whichever generator makes it; and the one line both report in. */
import { BenchError } from '../errors.ts'

/** One thread of the generator: where it sends and which requests it repeats in turn. */
export interface LoadGroup {
  readonly port: number
  /** Whole request heads; there is no body. */
  readonly heads: readonly string[]
}

export interface LoadSpec {
  readonly groups: readonly LoadGroup[]
  /** Over all groups; a multiple of their number. */
  readonly connections: number
  /** Whole seconds. */
  readonly seconds: number
}

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Bytes of all responses, heads included. */
  readonly bytes: number
  /** Answers outside 2xx and 3xx, and sockets that failed or timed out. Any makes the run void. */
  readonly errors: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const KEYS = ['requests', 'duration_us', 'bytes', 'errors', 'p50_us', 'p99_us'] as const

/** `bench requests=… duration_us=… bytes=… errors=… p50_us=… p99_us=…` */
export function formatReport(result: LoadResult): string {
  const values = [
    result.requests,
    Math.round(result.seconds * 1e6),
    result.bytes,
    result.errors,
    Math.round(result.p50Ms * 1000),
    Math.round(result.p99Ms * 1000),
  ]
  return `bench ${KEYS.map((key, index) => `${key}=${values[index]}`).join(' ')}`
}

/** Finds the report among whatever else the generator printed. */
export function parseReport(output: string): LoadResult {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith('bench '))
  if (line === undefined) throw new BenchError('BENCH_LOAD', `no report in: ${output.slice(-500)}`)
  const values = new Map(line.split(' ').map((pair) => pair.split('=') as [string, string | undefined]))
  const [requests, durationUs, bytes, errors, p50Us, p99Us] = KEYS.map((key) => {
    const value = Number(values.get(key) ?? Number.NaN)
    if (!Number.isFinite(value) || value < 0) throw new BenchError('BENCH_LOAD', `no ${key} in: ${line}`)
    return value
  }) as [number, number, number, number, number, number]
  return { requests, seconds: durationUs / 1e6, bytes, errors, p50Ms: p50Us / 1000, p99Ms: p99Us / 1000 }
}
