/** Whether a section says which paths it is about. */
import type { Findings } from './findings.ts'
import { compileLocation, type LocationOptions } from './location-match.ts'

export function checkLocation(at: string, where: LocationOptions, findings: Findings, isPath = true): void {
  const { location, match = 'prefix' } = where
  findings.oneOf(`${at} match`, match, ['prefix', 'glob', 'regexp'])
  if (isPath && match !== 'regexp' && !location.startsWith('/'))
    findings.problem(at, 'the location does not begin with /')
  // Taken literally it would match nothing and so let everyone in.
  if (match === 'prefix' && /[*?[\]]/.test(location)) findings.problem(at, 'wildcards need match: glob')
  try {
    compileLocation(where)
  } catch (error) {
    findings.problem(at, `is no regular expression: ${(error as Error).message}`)
  }
}
