/** The error of this room, for callers who want an exception rather than a list. */
import { type Complaint, formatComplaint } from './complaint.ts'

/** A configuration that cannot be used. `complaints` holds everything that was found, warnings too. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly complaints: readonly Complaint[]

  constructor(complaints: readonly Complaint[]) {
    super(
      complaints
        .filter(({ severity }) => severity === 'error')
        .map(formatComplaint)
        .join('\n'),
    )
    this.complaints = complaints
  }
}
