/**
 * Which of the programs we test against are on this machine, and where. A test that needs one says so in its options:
 * on a developer's machine without the program it is skipped with the name of the Debian package to install; with
 * CI=true it runs and fails, because a check that silently does not happen is none.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

interface PeerProgram {
  /** What to look for in PATH and in the system folders. */
  readonly command: string
  /** Files it is of no use without. */
  readonly files?: readonly string[]
  /** The Debian packages that bring it. */
  readonly packages: string
}

const peers = {
  httpd: { command: 'apache2', files: ['/usr/lib/apache2/modules/mod_proxy.so'], packages: 'apache2' },
  mod_jk: {
    command: 'apache2',
    files: ['/usr/lib/apache2/modules/mod_jk.so'],
    packages: 'apache2 libapache2-mod-jk',
  },
  tomcat: {
    command: 'java',
    files: ['/usr/share/tomcat10/bin/bootstrap.jar', '/usr/share/tomcat10/etc/web.xml'],
    packages: 'tomcat10',
  },
  'tomcat-examples': {
    command: 'java',
    files: ['/usr/share/tomcat10/bin/bootstrap.jar', '/usr/share/tomcat10-examples/examples'],
    packages: 'tomcat10 tomcat10-examples',
  },
  haproxy: { command: 'haproxy', packages: 'haproxy' },
  nginx: { command: 'nginx', packages: 'nginx' },
  redis: { command: 'redis-server', packages: 'redis-server' },
  openssl: { command: 'openssl', packages: 'openssl' },
  wrk: { command: 'wrk', packages: 'wrk' },
  chromium: { command: 'chromium', packages: 'chromium' },
  netns: { command: 'ip', files: ['/usr/sbin/nft'], packages: 'iproute2 nftables' },
} as const satisfies Record<string, PeerProgram>

export type PeerName = keyof typeof peers

/** Debian keeps servers outside an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Where the peer's program is. Fails, naming the package, when it is not there. */
export function peer(name: PeerName): string {
  const answer = look(name)
  if ('path' in answer) return answer.path
  throw new Error(answer.missing)
}

/**
 * Options for `test`, or `suite` of suite.ts, that need peers.
 *
 * @example test('haproxy keeps our cookie', needsPeer('haproxy'), async (t) => { … })
 */
export function needsPeer(...names: PeerName[]): { readonly skip: string | false } {
  return skipUnless(names.map(look), process.env.CI === 'true')
}

/** The rule behind {@link needsPeer}, apart from what this machine has. */
export function skipUnless(answers: readonly Look[], ci: boolean): { readonly skip: string | false } {
  const missing = answers.flatMap((answer) => ('missing' in answer ? [answer.missing] : []))
  return { skip: missing.length === 0 || ci ? false : missing.join('; ') }
}

type Look = { readonly path: string } | { readonly missing: string }

function look(name: PeerName): Look {
  const { command, files = [], packages }: PeerProgram = peers[name]
  const path = findCommand(command)
  if (path === undefined) return { missing: `needs ${name}: no ${command} (Debian: apt-get install ${packages})` }
  for (const file of files) {
    if (!existsSync(file)) return { missing: `needs ${name}: no ${file} (Debian: apt-get install ${packages})` }
  }
  if (name === 'netns' && !mayMakeNamespaces(path))
    return { missing: 'needs netns: may not create network namespaces (root only)' }
  return { path }
}

export function findCommand(command: string, path = process.env.PATH ?? ''): string | undefined {
  return [...path.split(delimiter), ...SYSTEM_FOLDERS]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, command))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

let namespaces: boolean | undefined

/** Only trying tells: root in a container often may not. */
function mayMakeNamespaces(ip: string): boolean {
  if (namespaces === undefined) {
    const probe = `clowder-probe-${process.pid}`
    namespaces = spawnSync(ip, ['netns', 'add', probe]).status === 0
    if (namespaces) spawnSync(ip, ['netns', 'delete', probe])
  }
  return namespaces
}
