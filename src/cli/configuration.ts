/** What the config room found in files -> what a command does about it. */
import { type Complaint, formatComplaint } from '../config/index.ts'
import type { Io } from './command.ts'
import { CliError } from './errors.ts'

/**
 * The options of a file that can be used; its warnings are printed. Fails with all complaints when there is an error among
 * them, so that a file is corrected in one go.
 */
export function usable<T>(
  loaded: { readonly options: T | undefined; readonly complaints: readonly Complaint[] },
  io: Io,
): T {
  const lines = loaded.complaints.map(formatComplaint)
  if (loaded.options === undefined || loaded.complaints.some(({ severity }) => severity === 'error'))
    throw new CliError('CLI_CONFIGURATION', lines)
  for (const line of lines) io.err(`clowder: ${line}`)
  return loaded.options
}
