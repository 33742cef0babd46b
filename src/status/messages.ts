/** What mod_jk says of the end of a request; scripts compare these texts (mod_jk.md 7.3). */
import type { EditProblem } from '../balancer/edit-types.ts'

export const messages = {
  done: 'Action finished',
  denied: 'Access denied.',
  readOnly: 'This command is not allowed in read only mode.',
  unknownCommand: 'Invalid command.',
  unknownMime: 'Invalid mime type.',
  malformed: 'Error during parsing of URI',
  noWorker: 'NULL or EMPTY worker param',
  noMember: 'EMPTY sub worker param',
  unknownWorker: 'Could not find given worker',
  unknownMember: 'could not find sub worker',
  noMembers: 'worker type has no sub workers',
  noForm: "Error in generating this worker's configuration form.",
  noReset: 'Reset failed',
  noUpdate: 'Update failed',
  wildcard: 'wildcard not allowed in sub worker for this command',
  noRecovery: 'Marking worker for recovery failed',
  /** Ours: browsers alone ever see it. */
  crossSite: 'Access denied: a page of another site asked for this change.',
} as const

/**
 * Why an update was not done. mod_jk has texts for names that are too long and for hosts without an address; the others are
 * ours. All begin with the words that scripts look for, although here nothing at all has been changed.
 */
export function updateFailed(problem: EditProblem, port: number): string {
  const { reason, attribute, value, worker, member } = problem
  const whose = member === undefined ? `worker '${worker}'` : `sub worker '${member}'`
  const what: Readonly<Partial<Record<EditProblem['reason'], string>>> = {
    'too-long': `new ${attribute} '${value}' too long for ${whose}, see log file for details.`,
    unresolvable: `could not resolve address '${value}:${port}' for ${whose}.`,
    'out-of-range': `${attribute} '${value}' out of range for ${whose}.`,
    'unknown-word': `unknown ${attribute} '${value}' for ${whose}.`,
    'route-taken': `route '${value}' of ${whose} belongs to another sub worker.`,
    empty: `empty ${attribute} for ${whose}.`,
  }
  return `Update failed (at least partially): ${what[reason] ?? `${attribute} of ${whose} cannot be changed.`}`
}
