/**
 * hostile-config INDEX SIZE ROUNDS
 *
 * Checks one of the hostile texts of the config room and prints what that cost, as one line of JSON: CPU seconds of the best
 * round (the text is ready before the clock starts), how far the first round raised the high-water mark of the memory of this
 * process, and what was found.
 */
import { checkConfiguration } from '../../src/config/index.ts'
import { hostileFiles, hostileTexts } from '../../src/config/testing/hostile-texts.ts'

export interface HostileCost {
  readonly seconds: number
  readonly rssMiB: number
  readonly errors: number
  readonly warnings: number
}

const [index = '0', size = '0', rounds = '1'] = process.argv.slice(2)
const hostile = hostileTexts[Number(index)]
if (hostile === undefined) throw new Error(`no text ${index}`)
const files = hostileFiles(hostile, Number(size))

const before = process.resourceUsage().maxRSS
let seconds = Number.POSITIVE_INFINITY
let rssMiB = 0
let [errors, warnings] = [0, 0]
for (let round = 0; round < Number(rounds); round++) {
  const start = process.cpuUsage()
  const { complaints } = await checkConfiguration(hostile.file, { ...files, env: {} })
  const { user, system } = process.cpuUsage(start)
  seconds = Math.min(seconds, (user + system) / 1e6)
  if (round > 0) continue
  // Linux counts in KiB.
  rssMiB = (process.resourceUsage().maxRSS - before) / 1024
  errors = complaints.filter(({ severity }) => severity === 'error').length
  warnings = complaints.length - errors
}
const cost: HostileCost = { seconds, rssMiB, errors, warnings }
console.log(JSON.stringify(cost))
