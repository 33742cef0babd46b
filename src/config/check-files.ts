/**
 * Several files of one system: each is read, once, and what one of them says is held against the others. A file that another
 * one names by a path of the machine it was written on is taken from those that were given.
 */
import { basename, resolve } from 'node:path'
import type { BalancerOptions } from '../balancer/options.ts'
import { type Backend, complainAcross, type FrontFile } from './across-files.ts'
import { type Complaint, Complaints } from './complaint.ts'
import type { FileKind } from './file-kind.ts'
import { checkConfiguration, checkWorkersWithMounts, type LoadOptions, type ReadAnyway } from './load.ts'

/** One of the given files. */
export interface CheckedFile {
  readonly file: string
  /** Undefined when it could not be read. */
  readonly kind: FileKind | undefined
  /** What a balancer of this file would run; undefined for other files and after an error. */
  readonly balancer: BalancerOptions | undefined
}

export interface CheckedFiles {
  /** The given ones, without those that another one reads. */
  readonly files: readonly CheckedFile[]
  readonly complaints: readonly Complaint[]
}

/** Everything there is to say about files that belong together. Rejects never. */
export async function checkFiles(
  paths: readonly string[],
  options: Omit<LoadOptions, 'worker' | 'locate'> = {},
): Promise<CheckedFiles> {
  const given = [...new Set(paths)]
  const read = new Map<string, ReadAnyway>()
  for (const path of given) {
    read.set(path, await checkConfiguration(path, { ...options, locate: locator(given, path) }))
  }
  for (const path of namedByOthers(read)) read.delete(path)
  await readMountsWithWorkers(read, options)
  const complaints = new Complaints()
  const fronts = [...read].flatMap(([file, loaded]) => frontOf(file, loaded))
  const backends = [...read].flatMap(([file, loaded]) => backendsOf(file, loaded))
  const settled = complainAcross(fronts, backends, complaints)
  return {
    files: [...read].map(([file, { options: checked, read: kept }]) => ({
      file,
      kind: kept?.kind,
      balancer: checked === undefined ? undefined : balancerOf(checked),
    })),
    complaints: [
      ...[...read.values()].flatMap((loaded) => loaded.complaints).filter((complaint) => !settled(complaint)),
      ...complaints.list(),
    ],
  }
}

/** Where a file that `path` names is read: among the given ones, if one of them is meant. */
export function locator(given: readonly string[], path: string): (wanted: string) => string {
  return (wanted) => (resolve(wanted) === resolve(path) ? path : locateAmong(given, wanted))
}

/** The given file that is meant by a path; a name that two of them have means neither. */
function locateAmong(given: readonly string[], wanted: string): string {
  const same = given.filter((path) => basename(path) === basename(wanted))
  return given.find((path) => resolve(path) === resolve(wanted)) ?? (same.length === 1 ? same[0]! : wanted)
}

/** Files that were read as a part of another one. */
function namedByOthers(read: ReadonlyMap<string, ReadAnyway>): readonly string[] {
  const named = new Set<string>()
  for (const [path, { files }] of read)
    for (const file of files) if (resolve(file) !== resolve(path)) named.add(resolve(file))
  // Files that include each other would all be gone.
  const kept = [...read.keys()].filter((path) => !named.has(resolve(path)))
  return kept.length === 0 ? [] : [...read.keys()].filter((path) => named.has(resolve(path)))
}

/** Mount files that nobody names belong to the workers that stand beside them. */
async function readMountsWithWorkers(
  read: Map<string, ReadAnyway>,
  options: Omit<LoadOptions, 'worker' | 'locate'>,
): Promise<void> {
  const of = (kind: FileKind) => [...read.keys()].filter((path) => read.get(path)?.read?.kind === kind)
  const [[workers], mounts] = [of('workers'), of('mounts')]
  if (workers === undefined || mounts.length === 0 || of('httpd').length > 0) return
  read.set(workers, await checkWorkersWithMounts(workers, mounts, options))
  for (const path of mounts) read.delete(path)
}

function frontOf(file: string, { read, placeOf }: ReadAnyway): readonly FrontFile[] {
  const balancer = read === undefined ? undefined : balancerOf(read)
  return balancer === undefined || read === undefined ? [] : [{ file, kind: read.kind, balancer, placeOf }]
}

function balancerOf(checked: NonNullable<ReadAnyway['read']>): BalancerOptions | undefined {
  if (checked.kind === 'httpd' || checked.kind === 'workers') return checked.options
  return checked.kind === 'yaml' ? checked.options.balancer : undefined
}

function backendsOf(file: string, { read, placeOf }: ReadAnyway): readonly Backend[] {
  const workers: readonly Backend['worker'][] =
    read?.kind === 'server-xml'
      ? [read.options]
      : read?.kind === 'yaml'
        ? Object.values(read.options.workers ?? {})
        : []
  return workers.map((worker) => ({ file, worker, placeOf }))
}
