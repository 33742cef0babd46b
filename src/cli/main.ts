#!/usr/bin/env node
import { systemClock } from '../clock/clock.ts'
import { run } from './run.ts'
import { stopRequest } from './stop-request.ts'

// A reader that went away (`clowder up | head`) is no reason to end.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

// A supervisor whose processes all rest has nothing else that keeps it alive.
setInterval(() => {}, 2 ** 30)

const exitCode = await run(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  untilStopped: () => stopRequest(process, systemClock),
  program: [process.execPath, ...process.execArgv, process.argv[1]!],
  env: process.env,
  clock: systemClock,
  random: Math.random,
})
// What an app has left open (timers, database connections) must not keep a stopped process alive.
process.exit(exitCode)
