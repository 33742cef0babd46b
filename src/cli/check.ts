/** `clowder check FILE…`: reads configuration files and says everything there is to say, without starting anything. */
import { type CheckedFile, type Complaint, checkFiles, formatComplaint } from '../config/index.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { checkEdits } from './kept-edits.ts'

const HELP = `clowder check FILE…: says what is wrong with configuration files, and starts nothing

Usage: clowder check [--json] FILE…

  FILE    httpd syntax (*.conf), workers.properties, uriworkermap.properties, server.xml or clowder.yaml
  --json  one object: errors, warnings, and complaints with file, line, column, severity, code, directive, message, hint

Files that a FILE names are read, too, and so is FILE.edits, which holds what was changed through jk-status.
Several FILEs are one system: workers are held against Connectors and jvmRoutes, and a file that another one names by
its place on some other machine is taken from the FILEs, by its last name.
Each complaint is one line: FILE:LINE:COLUMN, severity, code, directive, fact, and what was probably meant.

Exit codes: 0 clean, or warnings only · 1 errors · 2 a file cannot be read, or wrong command line`

const OPTIONS = { json: { type: 'boolean' } } as const

export const check: Command = {
  name: 'check',
  summary: 'say what is wrong with configuration files',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals } = parseCommandLine(args, OPTIONS)
    if (positionals.length === 0) throw new CliError('CLI_USAGE', 'check needs at least one FILE')
    const { files, complaints: found } = await checkFiles(positionals)
    const complaints = [...found, ...(await Promise.all(files.map(editsOf))).flat()]
    if (values.json === true) io.out(JSON.stringify(report(complaints), undefined, 2))
    else for (const complaint of complaints) io.out(formatComplaint(complaint))
    if (complaints.some(({ code }) => code === 'CONFIG_FILE_UNREADABLE')) return EXIT.wrong
    return complaints.some(isError) ? EXIT.failed : EXIT.ok
  },
}

/** What `--json` prints: keys stay, whatever the config room calls them. */
function report(complaints: readonly Complaint[]) {
  const errors = complaints.filter(isError).length
  return {
    errors,
    warnings: complaints.length - errors,
    complaints: complaints.map(({ file, line, column, severity, code, directive, message, hint }) => {
      return { file, line, column, severity, code, directive, message, ...(hint === undefined ? {} : { hint }) }
    }),
  }
}

function isError({ severity }: Complaint): boolean {
  return severity === 'error'
}

async function editsOf({ file, kind, balancer }: CheckedFile): Promise<readonly Complaint[]> {
  return kind === 'server-xml' || kind === 'mounts' ? [] : checkEdits(file, balancer)
}
