/** A private Apache httpd on a loopback port, with mod_jk when it is given workers. */
import { temporaryFolder } from './folder.ts'
import type { Owner } from './owner.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { peer } from './peers.ts'
import { freePort } from './ports.ts'

const MODULES = '/usr/lib/apache2/modules'
/** What httpd 2.4 needs to start and to answer. */
const BASE_MODULES = ['mpm_event', 'authz_core']

export interface HttpdOptions {
  readonly owner?: Owner
  /** Directives of the server, given its port: mounts, virtual hosts, locations. */
  readonly config: (port: number) => string
  /** Further modules by short name, e.g. `proxy`, `proxy_ajp`. */
  readonly modules?: readonly string[]
  /** The content of workers.properties; loads mod_jk and sets `JkWorkersFile`, `JkLogFile` and `JkShmFile`. */
  readonly workersProperties?: string
}

/**
 * @example await startHttpd({ owner: t, workersProperties, config: () => 'JkMount /* lb\nJkMount /jk-status status' })
 */
export async function startHttpd(options: HttpdOptions): Promise<PeerServer> {
  const { owner, config, modules = [], workersProperties } = options
  const command = peer(workersProperties === undefined ? 'httpd' : 'mod_jk')
  const port = await freePort()
  const folder = temporaryFolder('httpd', owner)
  const jk = workersProperties === undefined ? [] : jkDirectives(folder.write('workers.properties', workersProperties))
  const file = folder.write(
    'httpd.conf',
    [
      ...[...BASE_MODULES, ...modules, ...(jk.length === 0 ? [] : ['jk'])].map(
        (name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
      ),
      `ServerRoot "${folder.path}"`,
      'ServerName 127.0.0.1',
      `Listen 127.0.0.1:${port}`,
      'PidFile httpd.pid',
      'ErrorLog error.log',
      // Without a user the children of a root process refuse to run.
      ...(process.getuid?.() === 0 ? ['User www-data', 'Group www-data'] : []),
      ...jk,
      config(port),
      '',
    ].join('\n'),
  )
  const args = ['-d', folder.path, '-f', file, '-DFOREGROUND']
  return startPeerServer({ owner, name: 'httpd', command, args, folder, port, log: 'error.log' })
}

function jkDirectives(workersFile: string): string[] {
  return [`JkWorkersFile ${workersFile}`, 'JkLogFile mod_jk.log', 'JkLogLevel info', 'JkShmFile jk-runtime-status']
}
