/**
 * Old files → one clowder.yaml that says the same, with comments on where each part comes from and on everything that was
 * found in the old files and does not act. Variables of the environment stay variables where a text can hold one, so that no
 * secret gets into the new file that was not in the old ones.
 */
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { Document } from 'yaml'
import type { BalancerOptions } from '../balancer/options.ts'
import { replaceVariables } from './brace-variables.ts'
import { locator } from './check-files.ts'
import { fileKind } from './clowder-yaml.ts'
import type { WorkerYamlOptions } from './clowder-yaml-worker.ts'
import { YamlWriter } from './clowder-yaml-write.ts'
import { type Complaint, Complaints, formatComplaint, shown, visible } from './complaint.ts'
import { type FileKind, kindNames } from './file-kind.ts'
import { type Checked, checkConfiguration, checkWorkersWithMounts, type Loaded, type LoadOptions } from './load.ts'
import { type Position, startOf } from './position.ts'

export interface ConvertOptions extends Omit<LoadOptions, 'worker' | 'locate'> {
  /** Path of the new file: paths in it are relative to its folder. Default `clowder.yaml` in the current folder. */
  readonly output?: string
}

export interface Converted {
  /** The new file; undefined when one of the complaints is an error. */
  readonly text: string | undefined
  readonly complaints: readonly Complaint[]
}

export const schemaPath = './node_modules/clowder/dist/src/config/clowder.schema.json'

/** Rejects never; what is wrong is a complaint. */
export async function convertFiles(paths: readonly string[], options: ConvertOptions = {}): Promise<Converted> {
  const env = options.env ?? process.env
  const asked = new Set<string>()
  const found = await readAll(paths, { ...options, env: watched(env, asked) })
  if (found.complaints.some(({ severity }) => severity === 'error'))
    return { text: undefined, complaints: found.complaints }
  const used = [...asked].filter((name) => Object.hasOwn(env, name) && env[name] !== undefined)
  const { kept, marked } = await keepVariables(paths, options, env, used)
  const replaced = used.filter((name) => !kept.includes(name))
  const text = write(found, marked ?? found, { kept, replaced, output: options.output ?? 'clowder.yaml' })
  return { text, complaints: found.complaints }
}

/** What the old files say together. */
interface Found {
  readonly balancer: BalancerOptions | undefined
  readonly workers: readonly WorkerYamlOptions[]
  readonly complaints: readonly Complaint[]
  readonly files: readonly string[]
  readonly placeOf: (part: object) => Position | undefined
}

async function readAll(paths: readonly string[], options: LoadOptions): Promise<Found> {
  const complaints = new Complaints()
  const read = new Map<string, Loaded<Checked>>()
  const given = [...new Set(paths)]
  for (const path of given) read.set(path, await checkConfiguration(path, { ...options, locate: locator(given, path) }))
  const kindOf = (path: string): FileKind | undefined => read.get(path)?.options?.kind
  // What a httpd file reads by itself is not a second description.
  const httpd = [...read].filter(([path]) => kindOf(path) === 'httpd')
  const named = new Set(
    httpd.flatMap(([path, { files }]) => files.filter((file) => file !== path).map((file) => resolve(file))),
  )
  for (const path of [...read.keys()]) if (named.has(resolve(path))) read.delete(path)
  const workers = [...read.keys()].filter((path) => kindOf(path) === 'workers')
  const mounts = [...read.keys()].filter((path) => kindOf(path) === 'mounts')
  const [first] = workers
  if (first !== undefined && mounts.length > 0) {
    read.set(first, await checkWorkersWithMounts(first, mounts, options))
    for (const path of mounts) read.delete(path)
  }
  const refuse = (path: string, message: string) => {
    complaints.add('CONFIG_FILE_KIND', startOf(path), '', message)
  }
  let balancer: BalancerOptions | undefined
  const workerOptions: WorkerYamlOptions[] = []
  for (const [path, { options: checked }] of read) {
    if (checked === undefined) continue
    const what = `${shown(path)} is ${kindNames[checked.kind]}`
    if (checked.kind === 'server-xml') workerOptions.push(checked.options)
    else if (checked.kind === 'yaml') refuse(path, `${what} already`)
    else if (checked.kind === 'mounts') refuse(path, `${what}, which needs a file with its workers beside it`)
    else if (balancer === undefined) balancer = checked.options
    else refuse(path, `${what}: a second balancer, and no other file names it`)
  }
  const loaded = [...read.values()]
  return {
    balancer,
    workers: workerOptions,
    complaints: [...loaded.flatMap((each) => each.complaints), ...complaints.list()],
    files: [...new Set(loaded.flatMap(({ files }) => files))],
    placeOf: (part) => loaded.map(({ placeOf }) => placeOf(part)).find((place) => place !== undefined),
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** `env`, noting which of its names are asked for. */
function watched(env: Environment, asked: Set<string>): Environment {
  return new Proxy(env, {
    getOwnPropertyDescriptor(target, name) {
      if (typeof name === 'string') asked.add(name)
      const value = typeof name === 'string' ? target[name] : undefined
      return value === undefined ? undefined : { value, configurable: true, enumerable: true, writable: true }
    },
  })
}

const mark = (name: string): string => `\${${name}}`

/** Reads once more with names instead of values, as far as that can be read: a number cannot be a name. */
async function keepVariables(
  paths: readonly string[],
  options: LoadOptions,
  env: Environment,
  used: readonly string[],
): Promise<{ readonly kept: readonly string[]; readonly marked: Found | undefined }> {
  const kept: string[] = []
  let marked: Found | undefined
  for (const name of used) {
    const names = Object.fromEntries([...kept, name].map((each) => [each, mark(each)]))
    const found = await readAll(paths, { ...options, env: { ...env, ...names } })
    if (found.complaints.some(({ severity }) => severity === 'error')) continue
    kept.push(name)
    marked = found
  }
  return { kept, marked }
}

interface Variables {
  readonly kept: readonly string[]
  readonly replaced: readonly string[]
}

function write(
  found: Found,
  marked: Found,
  { kept, replaced, output }: Variables & { readonly output: string },
): string {
  const document = new Document()
  const folder = dirname(output)
  const writer = new YamlWriter(document, {
    comment: (part) => {
      const place = marked.placeOf(part)
      return place === undefined ? undefined : `${visible(place.file)}:${place.line}`
    },
    text: (value) => (isReference(value, kept) ? value : value.replaceAll('${', () => '$${')),
    file: (path) => (isAbsolute(path) ? path : relative(folder, path) || '.'),
  })
  const { balancer, workers } = marked
  document.contents = writer.write(fileKind, {
    ...(balancer === undefined ? {} : { balancer: withoutDefaults(balancer) }),
    ...(workers.length === 0 ? {} : { workers: named(workers) }),
  }) as never
  document.commentBefore = header(found, balancer, replaced)
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** Whether each variable in it is one that `keepVariables` kept. */
function isReference(value: string, kept: readonly string[]): boolean {
  if (value.includes('$${')) return false
  let right = true
  replaceVariables(value, (name) => {
    right &&= kept.includes(name)
    return undefined
  })
  return right
}

function withoutDefaults(balancer: BalancerOptions): object {
  const { workers, workerList, hosts } = balancer
  const members = new Set(
    Object.values(workers).flatMap((worker) => (worker.type === 'lb' ? worker.balanceWorkers : [])),
  )
  const byDefault = Object.keys(workers).filter((name) => !members.has(name))
  const { workerList: _, ...rest } = balancer
  return {
    ...rest,
    ...(byDefault.join('\n') === workerList.join('\n') ? {} : { workerList }),
    // Their rules stand among the mounts.
    hosts: hosts.map((host) => ('mountFile' in host ? { ...host, mountFile: undefined } : host)),
  }
}

/** By name; a second worker of a name gets a number. */
function named(workers: readonly WorkerYamlOptions[]): Record<string, WorkerYamlOptions> {
  const all = new Map<string, WorkerYamlOptions>()
  for (const worker of workers) {
    let name = worker.name
    for (let count = 2; all.has(name); count++) name = `${worker.name}-${count}`
    all.set(name, worker)
  }
  return Object.fromEntries(all)
}

function header(found: Found, balancer: BalancerOptions | undefined, replaced: readonly string[]): string {
  const mountFiles = (balancer?.hosts ?? []).flatMap((host) =>
    host.mountFile === undefined ? [] : [host.mountFile.file],
  )
  const notes = [
    ...found.complaints.map(formatComplaint),
    ...replaced.map((name) => `the value of \${${visible(name)}} is written out`),
    ...[...new Set(mountFiles)].map(
      (file) => `${visible(file)}: its rules are written out, so a change of it has no effect`,
    ),
  ]
  return [
    ` yaml-language-server: $schema=${schemaPath}`,
    '',
    ` Made by \`clowder convert\` of ${found.files.map(visible).join(', ')}.`,
    ' Each part says where it comes from. Comments of the old files are not carried over.',
    ...(notes.length === 0 ? [' Everything else is.'] : [' What else is not, or acts in another way than there:']),
    ...notes.map((note) => `   ${note}`),
  ].join('\n')
}
