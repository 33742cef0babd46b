/**
 * Runs the tests: first what is quick to say (build with types, lint, rooms), then Node's own runner.
 *
 *   npm test                  everything
 *   npm test -- cluster       only test files whose path contains `cluster`; the quick checks are left out
 *   CI=true npm test          as everything, and a missing peer program is a failure instead of a skip
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, sep } from 'node:path'
import { HERE, isMain } from './here.mjs'
import { lint } from './lint.mjs'
import { PrepareError, prepare } from './prepare.mjs'

/** A file that takes longer hangs: the slowest take a minute, and three on a machine with a load of 20. */
const FILE_LIMIT_MS = 600_000
const EXIT = { failed: 1, usage: 2 }

/** @returns {string[]} compiled test files and tests of scripts, as paths relative to `root` */
export function testFiles(root, filters = []) {
  const list = (folder, ending) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) =>
        relative(root, join(entry.parentPath ?? entry.path, entry.name))
          .split(sep)
          .join('/'),
      )
      .sort()
  return [...list('scripts', '.test.mjs'), ...list('dist', '.test.js')].filter(
    (path) => filters.length === 0 || filters.some((filter) => path.includes(filter)),
  )
}

/**
 * spec repeats failures after its summary; tap ends with the summary in any case, and what failed is said behind it, since
 * of a long log the end is what is kept.
 */
const CI_REPORTERS = [
  '--test-reporter=tap',
  '--test-reporter-destination=stdout',
  `--test-reporter=${new URL('failures-reporter.mjs', import.meta.url)}`,
  '--test-reporter-destination=stderr',
]

export function runnerArguments(files, { ci, cores }) {
  return [
    '--enable-source-maps',
    '--test',
    // Waiting for peers is most of the work, so two at a time even on a small machine.
    `--test-concurrency=${Math.max(2, cores - 1)}`,
    `--test-timeout=${FILE_LIMIT_MS}`,
    ...(ci ? CI_REPORTERS : ['--test-reporter=spec']),
    ...files,
  ]
}

async function main(filters) {
  try {
    await prepare()
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    console.error(`test: ${error.message}`)
    return EXIT.failed
  }
  const files = testFiles(HERE, filters)
  if (files.length === 0) {
    console.error(filters.length === 0 ? 'test: no test files' : `test: no test file matches ${filters.join(' or ')}`)
    return EXIT.usage
  }
  if (filters.length === 0 && !lint()) return EXIT.failed
  const args = runnerArguments(files, { ci: process.env.CI === 'true', cores: availableParallelism() })
  // A runner inside a runner would report to the outer one and print nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd: HERE, env, stdio: ['ignore', 'inherit', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return await new Promise((done, fail) => {
    child.on('error', fail)
    child.on('exit', (code, signal) => {
      if (signal !== null) console.error(`test: the runner was ended by ${signal}`)
      done(code ?? EXIT.failed)
    })
  })
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
