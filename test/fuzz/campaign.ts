/** What all fuzzers have in common: how long they run, what they leave behind, and what they say when they find something. */
import { MemorySlope } from './memory-slope.ts'
import { Random } from './random.ts'

export interface FuzzOptions {
  readonly seed: number
  /** Cases. */
  readonly count: number
  /** Ends the run early. */
  readonly seconds: number
  readonly log?: (line: string) => void
}

export interface FuzzReport {
  readonly cases: number
  readonly seconds: number
  /** How often what came out. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Heap and process in MiB over the run. */
  readonly memory: string
}

/** Found something; `text` brings it out again. */
export class FuzzFailure extends Error {
  readonly text: string

  constructor(what: string, text: string, seed: number, index: number) {
    super(`${what}\n  seed ${seed}, case ${index}\n  ${JSON.stringify(text)}`)
    this.name = 'FuzzFailure'
    this.text = text
  }
}

const SAMPLES = 40

/**
 * Plays cases on `lanes` side by side until they are through or time is up. `play` has random numbers of its own for
 * each case, so that a case is the same whatever the others do, and returns what came out or throws.
 */
export async function campaign(
  options: FuzzOptions,
  lanes: number,
  play: (random: Random, index: number, lane: number) => Promise<string>,
): Promise<FuzzReport> {
  const { seed, count, seconds, log } = options
  const outcomes: Record<string, number> = {}
  const memory = new MemorySlope()
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1_000
  let next = 0
  let uncaught: unknown
  const onUncaught = (error: unknown) => {
    uncaught ??= error
  }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  const lane = async (number: number) => {
    while (next < count && elapsed() < seconds) {
      const index = next++
      const outcome = await play(new Random(Math.imul(seed, 0x85ebca6b) + index), index, number)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (uncaught !== undefined) throw new Error(`uncaught at case ${index} of seed ${seed}`, { cause: uncaught })
      if (index % Math.ceil(count / SAMPLES) !== 0) continue
      memory.sample()
      log?.(`${index} cases, ${Math.round(elapsed())} s, ${JSON.stringify(outcomes)}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  } finally {
    process.off('uncaughtException', onUncaught)
    process.off('unhandledRejection', onUncaught)
  }
  const complaint = memory.complaint()
  if (complaint !== undefined) throw new Error(`${complaint}: ${memory}`)
  return { cases: next, seconds: elapsed(), outcomes, memory: memory.toString() }
}
