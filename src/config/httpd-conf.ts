/**
 * An httpd configuration with Jk directives → balancer options: reads the files that it names, has the main server merged
 * into its virtual hosts (`httpd-merge.ts`) and checks what only shows when all files are known.
 */
import type { BalancerOptions } from '../balancer/options.ts'
import { buildWorkers, workerOptions } from './build-workers.ts'
import type { Complaints } from './complaint.ts'
import { UserFiles } from './htpasswd-file.ts'
import { frontOptions } from './httpd-front.ts'
import type { Word } from './httpd-lines.ts'
import { eventLogOptions } from './httpd-logs.ts'
import { mergeHosts } from './httpd-merge.ts'
import { readHttpdFiles } from './httpd-reader.ts'
import { type NamedFile, readServers, type ServerDraft } from './httpd-server.ts'
import type { MountSet } from './mount-rules.ts'
import { complainOfOpenStatusPages } from './open-status-pages.ts'
import { resolveBeside, type SourceReader, type SourceText } from './source-text.ts'
import { readMountFile } from './uriworkermap.ts'
import { checkMounts, workerMounts } from './worker-mounts.ts'
import { type VariableSource, WorkerProperties } from './workers-properties.ts'

/** Options from a file in httpd's syntax. They are complete only if no complaint is an error. */
export async function readHttpdConf(
  source: SourceText,
  reader: SourceReader,
  env: VariableSource['env'],
  complaints: Complaints,
): Promise<BalancerOptions> {
  const { nodes, serverRoot } = await readHttpdFiles(source, reader, env, complaints)
  const draft = readServers(nodes, source.file, complaints)
  const open = ({ word, directive }: NamedFile) => {
    return reader.read(resolveBeside(word.at.file, word.text, serverRoot), word.at, directive)
  }
  const properties = new WorkerProperties(
    { env, serverRoot: serverRoot ?? resolveBeside(source.file, '.') },
    complaints,
  )
  for (const { raw, at } of draft.workerLines) properties.addLine(raw, at)
  const workersFile = draft.workersFile === undefined ? undefined : await open(draft.workersFile)
  if (workersFile !== undefined) properties.addFile(workersFile)
  const workers = workersFile !== undefined || (draft.workersFile === undefined && draft.workerLines.length > 0)
  const template = complaints.has('CONFIG_TEXT_TEMPLATE')
  if (draft.workersFile === undefined && draft.workerLines.length === 0 && !template) {
    const hint = 'name the workers with JkWorkersFile or JkWorkerProperty'
    complaints.add('CONFIG_WORKERS_NONE', draft.main.at, 'JkWorkersFile', 'no workers are defined', hint)
  }
  const place = workersFile === undefined ? (draft.workerLines[0]?.at ?? draft.main.at) : workersFile.lines.at(0)
  const built = workers ? buildWorkers(properties, place, complaints) : undefined
  const mountFiles = new Map<ServerDraft, MountSet>()
  for (const server of [draft.main, ...draft.hosts]) {
    const file = server.mountFile === undefined ? undefined : await open(server.mountFile)
    if (file !== undefined) mountFiles.set(server, readMountFile(file, env, complaints))
  }
  const userFiles = new UserFiles(open, complaints)
  for (const server of [draft.main, ...draft.hosts]) {
    for (const each of server.access) await userFiles.read(each)
    userFiles.check(server, draft.main)
  }
  const resolve = ({ text, at }: Word) => resolveBeside(at.file, text, serverRoot)
  const log = eventLogOptions(
    [draft.main, ...draft.hosts].map(({ site }) => site.logs),
    resolve,
  )
  const fromWorkers = workerMounts(built?.mounts ?? [], complaints)
  const servers = mergeHosts(draft, { files: mountFiles, fromWorkers, users: userFiles, resolve }, complaints)
  if (built !== undefined && !template) for (const { mounts } of servers) checkMounts(mounts, built, complaints)
  const { listen } = draft
  const fromFile = workerOptions(built)
  complainOfOpenStatusPages({ listen, ...fromFile }, servers, complaints)
  return {
    listen,
    ...fromFile,
    ...frontOptions(draft.front),
    ...(log === undefined ? {} : { log }),
    hosts: servers.map((host) => ({ ...host, mounts: host.mounts.map(({ rule }) => rule) })),
  }
}
