/**
 * Reads the configuration files people already have (httpd with Jk directives, workers.properties, uriworkermap.properties,
 * server.xml) and clowder's own clowder.yaml, and fills the plain options of balancer and worker. It reports everything it
 * finds in them, with file, line and directive, and says what clowder does not act on. It starts nothing, fills in no
 * defaults and looks up no names.
 *
 * @example
 * const { options, complaints } = await loadBalancerConfiguration('/etc/httpd/conf.d/jk.conf')
 * for (const complaint of complaints) console.error(formatComplaint(complaint))
 * if (options === undefined) process.exit(1)
 */
export { type CheckedFile, type CheckedFiles, checkFiles } from './check-files.ts'
export type { ClowderYaml } from './clowder-yaml.ts'
export type { WorkerYamlOptions } from './clowder-yaml-worker.ts'
export { type Complaint, formatComplaint } from './complaint.ts'
export { type Converted, type ConvertOptions, convertFiles } from './convert.ts'
export { editsFileOf, formatEdits, type KeptEdit, type KeptEdits, loadEdits } from './edits-file.ts'
export { type ComplaintCode, ConfigError, configErrors } from './errors.ts'
export { detectKind, type FileKind, kindNames } from './file-kind.ts'
export {
  type Checked,
  checkConfiguration,
  type Loaded,
  type LoadOptions,
  loadBalancerConfiguration,
  loadWorkerConfiguration,
  type ReadAnyway,
  requireOptions,
} from './load.ts'
export { mountFileNews } from './mount-file-news.ts'
export type { Position } from './position.ts'
export { ruleTargets } from './rule-target.ts'
export type { FileAccess } from './source-text.ts'
export { writtenOptions } from './written-options.ts'
