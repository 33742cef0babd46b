/**
 * npm run chaos -- SCENARIO [--OPTION NUMBER…]
 *
 * Trouble made on purpose, for as long as its options say: runs one scenario, prints what was measured, and ends with 0
 * when everything that must hold held. One file per scenario.
 */
import { parseArgs } from 'node:util'
import type { Owner } from '../kit/owner.ts'
import { detection } from './detection.ts'
import { kill } from './kill.ts'
import { loss } from './loss.ts'
import { partition } from './partition.ts'
import type { Scenario } from './scenario.ts'

const SCENARIOS: readonly Scenario[] = [detection, loss, kill, partition]

const EXIT = { held: 0, failed: 1, usage: 2 }

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  const scenario = SCENARIOS.find((candidate) => candidate.name === name)
  const options = scenario === undefined ? undefined : optionsOf(scenario, rest)
  if (scenario === undefined || options === undefined) {
    console.error(['usage: npm run chaos -- SCENARIO [--OPTION NUMBER…]', ...SCENARIOS.map(usageOf)].join('\n'))
    return EXIT.usage
  }
  const closers: (() => void | Promise<void>)[] = []
  const owner: Owner = { after: (close) => void closers.unshift(close) }
  try {
    const { ok, lines } = await scenario.run(owner, options)
    for (const line of lines) console.log(`${scenario.name}: ${line}`)
    console.log(`${scenario.name}: ${ok ? 'held' : 'FAILED'}`)
    return ok ? EXIT.held : EXIT.failed
  } catch (error) {
    console.error(`${scenario.name}:`, error)
    return EXIT.failed
  } finally {
    for (const close of closers) await close()
  }
}

/** Undefined: not understood. */
function optionsOf(scenario: Scenario, args: readonly string[]): Record<string, number> | undefined {
  const names = Object.keys(scenario.options)
  try {
    const known = Object.fromEntries(names.map((option) => [option, { type: 'string' as const }]))
    const { values } = parseArgs({ args: [...args], options: known, strict: true })
    const given = Object.entries(values).map(([option, value]) => [option, Number(value)] as const)
    if (given.some(([, value]) => !(value > 0))) return undefined
    return { ...scenario.options, ...Object.fromEntries(given) }
  } catch {
    return undefined
  }
}

function usageOf({ name, says, options }: Scenario): string {
  const flags = Object.entries(options).map(([option, value]) => ` [--${option} ${value}]`)
  return `  ${name}${flags.join('')}\n      ${says}`
}

process.exit(await main(process.argv.slice(2)))
