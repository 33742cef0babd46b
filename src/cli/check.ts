/** `clowder check FILE…`: reads configuration files and says everything there is to say, without starting anything. */
import { type Complaint, checkConfiguration, formatComplaint } from '../config/index.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { checkEdits } from './kept-edits.ts'

const HELP = `clowder check FILE…: says what is wrong with configuration files, and starts nothing

Usage: clowder check FILE…

  FILE  httpd syntax (*.conf), workers.properties, uriworkermap.properties, server.xml or clowder.yaml

Files that a FILE names are read, too, and so is FILE.edits, which holds what was changed through jk-status.
Each complaint is one line: FILE:LINE:COLUMN, severity, code, directive, fact.

Exit codes: 0 clean, or warnings only · 1 errors · 2 a file cannot be read, or wrong command line`

export const check: Command = {
  name: 'check',
  summary: 'say what is wrong with configuration files',
  help: HELP,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { positionals: files } = parseCommandLine(args, {})
    if (files.length === 0) throw new CliError('CLI_USAGE', 'check needs at least one FILE')
    const complaints = (await Promise.all(files.map(checkFile))).flat()
    for (const complaint of complaints) io.out(formatComplaint(complaint))
    if (complaints.some(({ code }) => code === 'CONFIG_FILE_UNREADABLE')) return EXIT.wrong
    return complaints.some(({ severity }) => severity === 'error') ? EXIT.failed : EXIT.ok
  },
}

async function checkFile(file: string): Promise<readonly Complaint[]> {
  const { options, complaints } = await checkConfiguration(file)
  if (options?.kind === 'server-xml' || options?.kind === 'mounts') return complaints
  const balancer = options?.kind === 'yaml' ? options.options.balancer : options?.options
  return [...complaints, ...(await checkEdits(file, balancer))]
}
