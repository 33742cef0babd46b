/** Whether a process that does the same all the time stays the same size: the end of the run beside its middle. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MIB = 1_048_576
/** What may come on top in the last quarter; a leak of 20 bytes a round shows in a run of a million. */
export const MAX_HEAP_GROWTH = 4 * MIB
export const MAX_RSS_GROWTH = 96 * MIB

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

interface Sample {
  readonly heapUsed: number
  readonly rss: number
}

export class MemorySlope {
  readonly #samples: Sample[] = []

  /** Called at even distances over the run. */
  sample(): void {
    collect()
    const { heapUsed, rss } = process.memoryUsage()
    this.#samples.push({ heapUsed, rss })
  }

  /** Growth from the third quarter of the run to its last, in the smallest value of each; the first half warms up. */
  growth(): Sample {
    const at = (part: number) => Math.floor((this.#samples.length * part) / 4)
    const before = this.#samples.slice(at(2), at(3))
    const after = this.#samples.slice(at(3))
    const least = (samples: readonly Sample[], key: keyof Sample) => Math.min(...samples.map((sample) => sample[key]))
    return {
      heapUsed: least(after, 'heapUsed') - least(before, 'heapUsed'),
      rss: least(after, 'rss') - least(before, 'rss'),
    }
  }

  /** What is wrong, if anything is. Short runs say nothing. */
  complaint(): string | undefined {
    if (this.#samples.length < 8) return undefined
    const { heapUsed, rss } = this.growth()
    if (heapUsed > MAX_HEAP_GROWTH) return `the heap grows: ${Math.round(heapUsed / MIB)} MiB in the last quarter`
    if (rss > MAX_RSS_GROWTH) return `the process grows: ${Math.round(rss / MIB)} MiB in the last quarter`
    return undefined
  }

  /** In MiB, for a report. */
  toString(): string {
    return this.#samples.map(({ heapUsed, rss }) => `${Math.round(heapUsed / MIB)}/${Math.round(rss / MIB)}`).join(' ')
  }
}
