/** `npm run bench`: picks scenarios, runs them one after the other, prints and keeps what they found. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type BenchArguments, HELP, parseArguments } from './arguments.ts'
import { BenchError } from './errors.ts'
import { availableGenerator, type Generator } from './load/run-load.ts'
import { describeMachine, formatMachine, type Machine } from './machine.ts'
import { projectRoot } from './project-root.ts'
import { replaceSection } from './readme-section.ts'
import type { Findings, Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { Site } from './site.ts'
import { formatMarkdown, formatText } from './table.ts'

/** Results belong to the sources, also when the compiled bench runs from `dist`. */
const README = join(projectRoot(), 'bench/README.md')

let interrupted = false

// A reader that went away (`npm run bench | head`) is no reason to lose the figures.
process.stdout.on('error', () => {})

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  report(error)
  return 1
})

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args)
  if (options.help || options.list) {
    process.stdout.write(
      options.help ? HELP : SCENARIOS.map(({ name, about }) => `${name.padEnd(20)}${about}\n`).join(''),
    )
    return 0
  }
  const generator = options.ownLoad ? 'own' : availableGenerator()
  const machine = describeMachine(new Date(), args)
  const all: Record<string, unknown> = {}
  let failed = false
  for (const scenario of chosen(options.scenarios)) {
    say(`\n${scenario.name}: ${scenario.about}`)
    try {
      const findings = await runScenario(scenario, options, generator)
      all[scenario.name] = findings.data
      for (const table of findings.tables) process.stdout.write(`\n${formatText(table)}`)
      if (options.write) await writeFindings(scenario.name, findings, machine, generator)
      const { voided = [] } = findings
      if (voided.length > 0) throw new BenchError('BENCH_VOID', `${scenario.name}: ${voided.join(', ')}`)
    } catch (error) {
      // The other scenarios are worth running all the same.
      report(error)
      failed = true
    }
  }
  process.stdout.write(`\n${formatMachine(machine).join('\n')}\nload by ${generatorName(generator)}\n`)
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify({ machine, generator, options, scenarios: all }, null, 2)}\n`)
  return failed ? 1 : 0
}

/** One scenario on a site of its own, which is gone afterwards whatever happens, Ctrl-C included. */
async function runScenario(scenario: Scenario, options: BenchArguments, generator: Generator): Promise<Findings> {
  const site = await Site.open()
  const stop = (signal: NodeJS.Signals) => {
    interrupted = true
    say(`${signal}: stopping what was started`)
    void site.close().finally(() => process.exit(130))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await scenario.run({ arguments: options, generator, site, say })
  } finally {
    await site.close()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

function chosen(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name)
    if (found === undefined)
      throw new BenchError('BENCH_USAGE', `no scenario ${name}; there are ${SCENARIOS.map((s) => s.name).join(', ')}`)
    return found
  })
}

async function writeFindings(name: string, findings: Findings, machine: Machine, generator: Generator): Promise<void> {
  const about = [...formatMachine(machine), `load by ${generatorName(generator)}`].map((line) => `${line}  `).join('\n')
  const body = [...findings.tables.map(formatMarkdown), about].join('\n')
  await writeFile(README, replaceSection(await readFile(README, 'utf8'), name, body))
}

function generatorName(generator: Generator): string {
  return generator === 'wrk' ? 'wrk' : 'our own generator'
}

function report(error: unknown): void {
  // What fails because its peers are being stopped is no news.
  if (interrupted) return
  const known = error instanceof BenchError ? error.message : undefined
  process.stderr.write(`${known ?? (error instanceof Error ? error.stack : String(error))}\n`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
