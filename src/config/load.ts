/** From a path to options: which parser reads the file, and what the caller gets. */
import type { BalancerOptions } from '../balancer/options.ts'
import { type ClowderYaml, chooseWorker, readClowderYaml } from './clowder-yaml.ts'
import type { WorkerYamlOptions } from './clowder-yaml-worker.ts'
import { type Complaint, Complaints, formatComplaint, shown } from './complaint.ts'
import { ConfigError } from './errors.ts'
import { detectKind, type FileKind, kindNames } from './file-kind.ts'
import { readHttpdConf } from './httpd-conf.ts'
import type { PlacedMount } from './mount-rules.ts'
import { type Position, startOf } from './position.ts'
import { readServerXml } from './server-xml.ts'
import { type FileAccess, nodeFiles, SourceReader, type SourceText } from './source-text.ts'
import { readMountFile } from './uriworkermap.ts'
import { readWorkersFile } from './workers-file.ts'

export interface LoadOptions extends Partial<FileAccess> {
  /** For `$(name)` and `${name}`; default the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Which worker of a clowder.yaml with several. */
  readonly worker?: string
}

export interface Loaded<Options> {
  /** Undefined when one of the complaints is an error. */
  readonly options: Options | undefined
  /** Everything that was found in all files. */
  readonly complaints: readonly Complaint[]
  /** All files that were asked for, in order. */
  readonly files: readonly string[]
  /** Where a part of the options stands: a worker, a mount, a host, a connector, a cluster. */
  placeOf(part: object): Position | undefined
}

/** Options of a balancer from httpd syntax, a workers.properties or a clowder.yaml. Rejects never; what is wrong is a complaint. */
export function loadBalancerConfiguration(path: string, options: LoadOptions = {}): Promise<Loaded<BalancerOptions>> {
  return load(path, options, async (source, kind, reader, env, complaints) => {
    if (kind === 'httpd') return readHttpdConf(source, reader, env, complaints)
    if (kind === 'workers') return readWorkersFile(source, env, complaints)
    if (kind === 'yaml') {
      const { balancer } = await readClowderYaml(source, reader, env, complaints)
      if (balancer !== undefined || complaints.hasErrors) return balancer
      complaints.add('CONFIG_KEY_MISSING', source.lines.at(0), '', 'has no balancer', 'add it, or use clowder worker')
      return undefined
    }
    const hint = kind === 'server-xml' ? 'it describes a worker: use clowder worker' : undefined
    refuseKind(source, kind, 'a balancer', hint, complaints)
    return undefined
  })
}

/** Options of a worker from a server.xml or a clowder.yaml. */
export function loadWorkerConfiguration(path: string, options: LoadOptions = {}): Promise<Loaded<WorkerYamlOptions>> {
  return load(path, options, async (source, kind, reader, env, complaints): Promise<WorkerYamlOptions | undefined> => {
    if (kind === 'server-xml') return readServerXml(source, env, complaints)
    if (kind === 'yaml') {
      const yaml = await readClowderYaml(source, reader, env, complaints)
      return complaints.hasErrors ? undefined : chooseWorker(yaml, options.worker, source.lines.at(0), complaints)
    }
    const balancer = kind === 'httpd' || kind === 'workers'
    refuseKind(
      source,
      kind,
      'a worker',
      balancer ? 'it describes a balancer: use clowder balancer' : undefined,
      complaints,
    )
    return undefined
  })
}

/** What a file was, and what it says. A uriworkermap.properties alone says nothing that could be run. */
export type Checked =
  | { readonly kind: 'httpd' | 'workers'; readonly options: BalancerOptions }
  | { readonly kind: 'server-xml'; readonly options: WorkerYamlOptions }
  | { readonly kind: 'yaml'; readonly options: ClowderYaml }
  | { readonly kind: 'mounts'; readonly options?: undefined }

/** What could be read of a file in spite of its errors: to look further, not to run. */
export interface ReadAnyway extends Loaded<Checked> {
  readonly read: Checked | undefined
}

/** Any file that clowder can read, for its complaints; `options.kind` says what it was. */
export function checkConfiguration(path: string, options: LoadOptions = {}): Promise<ReadAnyway> {
  return load(path, options, async (source, kind, reader, env, complaints): Promise<Checked | undefined> => {
    switch (kind) {
      case 'httpd':
        return { kind, options: await readHttpdConf(source, reader, env, complaints) }
      case 'workers':
        return { kind, options: readWorkersFile(source, env, complaints) }
      case 'server-xml': {
        const worker = readServerXml(source, env, complaints)
        return worker === undefined ? undefined : { kind, options: worker }
      }
      case 'mounts':
        readMountFile(source, env, complaints)
        return { kind }
      case 'yaml':
        return { kind, options: await readClowderYaml(source, reader, env, complaints) }
    }
  })
}

/** A workers.properties with the mounts of other files, for `convert.ts`. */
export function checkWorkersWithMounts(
  path: string,
  mountPaths: readonly string[],
  options: LoadOptions,
): Promise<ReadAnyway> {
  return load(path, options, async (source, _kind, reader, env, complaints): Promise<Checked> => {
    const mounts: PlacedMount[] = []
    for (const mountPath of mountPaths) {
      const file = await reader.read(mountPath, startOf(mountPath), '')
      if (file !== undefined) mounts.push(...readMountFile(file, env, complaints).list())
    }
    return { kind: 'workers', options: readWorkersFile(source, env, complaints, mounts) }
  })
}

/** The options, or a ConfigError with all complaints. */
export function requireOptions<Options>(loaded: Loaded<Options>): Options {
  if (loaded.options !== undefined) return loaded.options
  const errors = loaded.complaints.filter(({ severity }) => severity === 'error')
  throw new ConfigError(loaded.complaints, errors.map(formatComplaint))
}

type Read<Options> = (
  source: SourceText,
  kind: FileKind,
  reader: SourceReader,
  env: Readonly<Record<string, string | undefined>>,
  complaints: Complaints,
) => Options | undefined | Promise<Options | undefined>

async function load<Options>(
  path: string,
  options: LoadOptions,
  read: Read<Options>,
): Promise<Loaded<Options> & { readonly read: Options | undefined }> {
  const complaints = new Complaints()
  const { readFile, listFolder, locate } = options
  // Someone else's readFile is not mixed with the real folders.
  const access = readFile === undefined ? nodeFiles : { readFile, ...(listFolder === undefined ? {} : { listFolder }) }
  const reader = new SourceReader(locate === undefined ? access : { ...access, locate }, complaints)
  const source = await reader.read(path, startOf(path), '')
  const env = options.env ?? process.env
  const result =
    source === undefined ? undefined : await read(source, detectKind(path, source.text), reader, env, complaints)
  const usable = complaints.hasErrors ? undefined : result
  const placeOf = (part: object): Position | undefined => complaints.placeOf(part)
  return { options: usable, read: result, complaints: complaints.list(), files: reader.files, placeOf }
}

function refuseKind(
  source: SourceText,
  kind: FileKind,
  reader: string,
  hint: string | undefined,
  complaints: Complaints,
): void {
  const message = `${shown(source.file)} is ${kindNames[kind]}, which ${reader} cannot be made from`
  complaints.add('CONFIG_FILE_KIND', source.lines.at(0), '', message, hint)
}
