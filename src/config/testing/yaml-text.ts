/** Texts of a clowder.yaml, and what checking one says. */
import { formatComplaint } from '../complaint.ts'
import { checkConfiguration } from '../load.ts'
import { memoryFiles } from './memory-files.ts'

/** A balancer with one worker, of which `worker` says something, and one host. */
export const balancer = (worker: string, host = 'mounts: []', rest = ''): string =>
  `balancer:\n  workers:\n    a: { type: ajp13, ${worker} }\n  hosts:\n    - { ${host} }\n${rest}`
export const oneWorker = (text: string): string => `workers:\n  w: { ${text} }\n`

/** `lines`: the complaints, without the name of the file. */
export async function checkYaml(text: string, env: NodeJS.ProcessEnv) {
  const { options, complaints } = await checkConfiguration('c.yaml', { ...memoryFiles({ 'c.yaml': text }), env })
  const lines = complaints.map((complaint) => formatComplaint(complaint).replace(/^c\.yaml:/, ''))
  return { yaml: options?.kind === 'yaml' ? options.options : undefined, lines }
}
