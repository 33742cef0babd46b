/**
 * npm run fuzz -- [NAME…] [--count N] [--seconds S] [--seed N]
 *
 * Runs the fuzzers that are named, or all, one after the other. What is found ends the run and is printed with the seed
 * that finds it again.
 */
import { parseArgs } from 'node:util'
import type { Owner } from '../kit/owner.ts'
import { lastInFirstOut } from '../kit/owner.ts'
import { fuzzAjpAnswers } from './ajp-answers.ts'
import { fuzzAjpRequests } from './ajp-requests.ts'
import type { FuzzOptions, FuzzReport } from './campaign.ts'
import { fuzzChannelFrames } from './channel-frames.ts'
import { fuzzRequests } from './h1-requests.ts'
import { fuzzResponses } from './h1-responses.ts'

interface Fuzzer {
  readonly name: string
  readonly run: (owner: Owner, options: FuzzOptions) => Promise<FuzzReport>
  /** Cases, unless told otherwise. */
  readonly count: number
}

/** A million for HTTP/1.1, both ends together, and for each end of AJP. */
const FUZZERS: readonly Fuzzer[] = [
  { name: 'h1-requests', run: fuzzRequests, count: 1_000_000 },
  { name: 'h1-responses', run: fuzzResponses, count: 250_000 },
  { name: 'ajp-answers', run: fuzzAjpAnswers, count: 1_000_000 },
  { name: 'ajp-requests', run: fuzzAjpRequests, count: 1_000_000 },
  { name: 'channel-frames', run: fuzzChannelFrames, count: 100_000 },
]

const EXIT = { found: 1, usage: 2 }
const DEFAULT_SECONDS = 3_600

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { count: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } },
  })
  const numbers = [values.count, values.seconds, values.seed].map((text) =>
    text === undefined ? undefined : Number(text),
  )
  const unknown = positionals.filter((name) => FUZZERS.every((fuzzer) => fuzzer.name !== name))
  if (unknown.length > 0 || numbers.some((number) => number !== undefined && !Number.isSafeInteger(number))) {
    console.error(
      `usage: npm run fuzz -- [${FUZZERS.map(({ name }) => name).join('|')}] [--count N] [--seconds S] [--seed N]`,
    )
    return EXIT.usage
  }
  const [count, seconds = DEFAULT_SECONDS, seed = Date.now() % 0xffff_ffff] = numbers
  for (const fuzzer of FUZZERS) {
    if (positionals.length > 0 && !positionals.includes(fuzzer.name)) continue
    console.log(`${fuzzer.name}: seed ${seed}`)
    const closers: (() => void | Promise<void>)[] = []
    try {
      const owner = lastInFirstOut({ after: (close) => void closers.push(close) })
      const log = (line: string) => console.log(`${fuzzer.name}: ${line}`)
      const report = await fuzzer.run(owner, { seed, seconds, count: count ?? fuzzer.count, log })
      console.log(`${fuzzer.name}: ${JSON.stringify(report)}`)
      for (const close of closers) await close()
    } catch (error) {
      console.error(error)
      return EXIT.found
    }
  }
  return 0
}

process.exit(await main(process.argv.slice(2)))
