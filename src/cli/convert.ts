/** `clowder convert FILE…`: one clowder.yaml that says what old files say. */
import { open } from 'node:fs/promises'
import { convertFiles, formatComplaint } from '../config/index.ts'
import { type Command, type Io, parseCommandLine } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

const OPTIONS = { output: { type: 'string', short: 'o' } } as const

const HELP = `clowder convert FILE…: writes the clowder.yaml that says what old files say

Usage: clowder convert FILE… [--output PATH]

  FILE      httpd syntax (*.conf) with the files that it names, or a workers.properties, with or without a
            uriworkermap.properties; and any number of server.xml. A file that another one names by a path of
            another machine is taken from those given
  --output  (-o) the new file, which must not exist yet; default standard output. Paths in the new file are relative to
            its folder, for standard output to the current one

Comments in the new file say where each part comes from, and what of the old files has no effect. Complaints about the
old files go to standard error. \`\${NAME}\` stands for variables of the environment that the old files take texts from.

Exit codes: 0 written · 1 errors in the old files, nothing was written · 2 a file cannot be read, or wrong command line`

export const convert: Command = {
  name: 'convert',
  summary: 'write one clowder.yaml for the files of httpd, mod_jk and Tomcat',
  help: HELP,
  options: OPTIONS,
  async run(args: readonly string[], io: Io): Promise<ExitCode> {
    const { values, positionals: files } = parseCommandLine(args, OPTIONS)
    if (files.length === 0) throw new CliError('CLI_USAGE', 'convert needs at least one FILE')
    const { output } = values
    const { text, complaints } = await convertFiles(files, output === undefined ? {} : { output })
    for (const complaint of complaints) io.err(formatComplaint(complaint))
    if (complaints.some(({ code }) => code === 'CONFIG_FILE_UNREADABLE')) return EXIT.wrong
    if (text === undefined) return EXIT.failed
    if (output === undefined) io.out(text.trimEnd())
    else await writeNew(output, text)
    return EXIT.ok
  },
}

/** Never over a file that is there, and for its owner alone: old files may hold secrets. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new CliError('CLI_USAGE', `${path} exists already; remove it, or choose another`)
    throw error
  })
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}
