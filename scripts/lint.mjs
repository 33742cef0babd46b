/**
 * What reads the code without running it: formatter and linter, import directions, the package as users will get it.
 * Types are checked by the build, which comes first.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { HERE, isMain } from './here.mjs'
import { checkRooms } from './rooms.mjs'

/** Runs all checks, so that one run shows every complaint. @returns {boolean} whether all is well */
export function lint() {
  const results = [
    tool('biome', '@biomejs/biome/bin/biome', [
      'ci',
      '--error-on-warnings',
      `--colors=${process.stderr.isTTY ? 'force' : 'off'}`,
    ]),
    rooms(),
    tool('publint', 'publint/src/cli.js', ['run', '--strict']),
  ]
  return results.every(Boolean)
}

function tool(name, path, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(HERE, 'node_modules', path), ...args], {
    cwd: HERE,
    encoding: 'utf8',
  })
  if (status !== 0) process.stderr.write(stdout + stderr)
  return report(name, status === 0)
}

function rooms() {
  const complaints = checkRooms(HERE)
  for (const complaint of complaints) console.error(complaint)
  return report('rooms', complaints.length === 0)
}

function report(name, fine) {
  console.error(`lint: ${name} ${fine ? 'ok' : 'FAILED'}`)
  return fine
}

if (isMain(import.meta.url) && !lint()) process.exitCode = 1
