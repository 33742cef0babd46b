/** What the figures were measured on: hardware, kernel, and the version of everybody who took part. */
import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import { findProgram } from './peers/find-program.ts'

const ANSWER_WITHIN_MS = 10_000

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryMib: number
  readonly kernel: string
  /** Name to version; what is not installed is not there. */
  readonly versions: Readonly<Record<string, string>>
  readonly date: string
  readonly command: string
}

/** Version of a package without its epoch. */
const DEBIAN_VERSION = /^Version: (?:\d+:)?(\S+)/m

/** How each tells its version, and where in the answer it stands. */
const VERSIONS: readonly (readonly [name: string, program: string, args: readonly string[], version: RegExp])[] = [
  ['HAProxy', 'haproxy', ['-v'], /version (\S+)/],
  ['nginx', 'nginx', ['-v'], /nginx\/(\S+)/],
  ['httpd', 'apache2', ['-v'], /Apache\/(\S+)/],
  ['mod_jk', 'dpkg', ['-s', 'libapache2-mod-jk'], DEBIAN_VERSION],
  ['Tomcat', 'dpkg', ['-s', 'tomcat10'], DEBIAN_VERSION],
  ['Java', 'java', ['-version'], /version "([^"]+)"/],
  ['Redis', 'redis-server', ['--version'], /v=(\S+)/],
  ['wrk', 'wrk', ['-v'], /wrk (?:debian\/)?(\S+)/],
]

export function describeMachine(now: Date, args: readonly string[]): Machine {
  const processors = cpus()
  const versions: Record<string, string> = { Node: process.versions.node }
  for (const [name, program, programArgs, pattern] of VERSIONS) {
    const path = findProgram(program)
    if (path === undefined) continue
    const { stdout, stderr } = spawnSync(path, [...programArgs], { encoding: 'utf8', timeout: ANSWER_WITHIN_MS })
    const version = pattern.exec(`${stdout}\n${stderr}`)?.[1]
    if (version !== undefined) versions[name] = version
  }
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryMib: Math.round(totalmem() / 1024 / 1024),
    // Without what the builder of a kernel adds: it names hosts and says nothing.
    kernel: `${type()} ${/^[\d.]+/.exec(release())?.[0] ?? ''}`,
    versions,
    date: now.toISOString().slice(0, 10),
    // Where the plain figures went is nobody's business.
    command: `npm run bench -- ${args.join(' ').replace(/--json \S+/, '')}`.replace(/ +/g, ' ').trim(),
  }
}

export function formatMachine(machine: Machine): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${machine.date}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryMib} MiB, ${machine.kernel}`,
    versions.join(', '),
    `\`${machine.command}\``,
  ]
}
