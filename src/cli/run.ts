/** Finds the command, runs it, and turns whatever fails into lines and an exit code. */
import { softwareVersion } from '../worker/index.ts'
import type { Command, Io } from './command.ts'
import { COMMANDS } from './commands.ts'
import { CliError, describeFailure, exitCodeOf } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = args
  try {
    if (first === undefined || first === 'help' || isHelp(first))
      return await help(first === 'help' ? rest[0] : undefined, io)
    if (first === '--version' || first === '-V') {
      io.out(softwareVersion())
      return EXIT.ok
    }
    const command = find(first)
    if (rest.some(isHelp)) return await help(first, io)
    return await command.run(rest, io)
  } catch (error) {
    for (const line of describeFailure(error)) io.err(`clowder: ${line}`)
    return exitCodeOf(error)
  }
}

function isHelp(arg: string): boolean {
  return arg === '--help' || arg === '-h'
}

async function help(name: string | undefined, io: Io): Promise<ExitCode> {
  if (name !== undefined) {
    io.out(find(name).help)
    return EXIT.ok
  }
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  io.out(`clowder ${softwareVersion()}: the Tomcat cluster for Node.js

Usage: clowder COMMAND [OPTIONS]

Commands:
${COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`).join('\n')}

\`clowder COMMAND --help\` tells about one command, \`clowder --version\` prints the version.
Exit codes: 0 done · 1 failed · 2 wrong command line or configuration
            3 \`status\` or \`cluster\` found a member that is not well`)
  return EXIT.ok
}

function find(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const names = COMMANDS.map((candidate) => candidate.name).join(', ')
  throw new CliError('CLI_USAGE', `there is no command ${name}; the commands are ${names}`)
}
