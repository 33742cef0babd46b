/**
 * Paths in the options of a balancer as absolute ones. The file they stand in may be named from where we run, and is read
 * at once; what it names is opened later.
 */
import { resolve } from 'node:path'
import type { BalancerOptions, VirtualHostOptions } from '../balancer/index.ts'

export function withAbsolutePaths(options: BalancerOptions): BalancerOptions {
  const { log, hosts } = options
  const file = log?.file
  return {
    ...options,
    ...(file === undefined ? {} : { log: { ...log, file: resolve(file) } }),
    hosts: hosts.map(ofHost),
  }
}

function ofHost(host: VirtualHostOptions): VirtualHostOptions {
  const { files, logs, mountFile } = host
  return {
    ...host,
    ...(files === undefined ? {} : { files: ofFiles(files) }),
    ...(logs === undefined ? {} : { logs: logs.map((log) => ({ ...log, file: resolve(log.file) })) }),
    ...(mountFile === undefined ? {} : { mountFile: { ...mountFile, file: resolve(mountFile.file) } }),
  }
}

type Files = NonNullable<VirtualHostOptions['files']>

function ofFiles(files: Files): Files {
  const { root, applications, aliases } = files
  return {
    ...files,
    ...(root === undefined ? {} : { root: resolve(root) }),
    ...(applications === undefined ? {} : { applications: resolve(applications) }),
    ...(aliases === undefined
      ? {}
      : { aliases: aliases.map(({ path, target }) => ({ path, target: resolve(target) })) }),
  }
}
