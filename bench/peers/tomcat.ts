/** A private Tomcat 10 on loopback: own base folder, quiet, one web application that answers what the backends answer. */
import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, type Site } from '../site.ts'
import { findProgram } from './find-program.ts'
import { type Peer, peerOf } from './peer.ts'
import { tomcatPages, webXml } from './tomcat-pages.ts'
import { type ClusterPlace, serverXml } from './tomcat-server-xml.ts'

const HOME = '/usr/share/tomcat10'
/** /etc/tomcat10 is only for its own user; the package keeps the same files here. */
const CONF = join(HOME, 'etc')
const START_WITHIN_MS = 90_000

export interface TomcatOptions {
  /** jvmRoute. */
  readonly route: string
  /** Replicate sessions with the Tomcats named; without, sessions stay local. */
  readonly cluster?: ClusterPlace
}

export interface Tomcat extends Peer {
  readonly route: string
  /** The HTTP connector. */
  readonly port: number
  readonly ajpPort: number
}

export function missingTomcat(): string | undefined {
  if (!existsSync(join(HOME, 'bin/bootstrap.jar'))) return 'tomcat10 is not installed'
  return findProgram('java') === undefined ? 'java is not installed' : undefined
}

export async function startTomcat(site: Site, options: TomcatOptions): Promise<Tomcat> {
  const base = await site.folder(`tomcat-${options.route}`)
  const [port, ajpPort] = [await freePort(), await freePort()]
  for (const folder of ['conf', 'logs', 'temp', 'work', 'webapps/ROOT/WEB-INF'])
    await mkdir(join(base, folder), { recursive: true })
  for (const file of ['catalina.properties', 'context.xml', 'web.xml'])
    await copyFile(join(CONF, file), join(base, 'conf', file))
  await writeFile(join(base, 'conf/server.xml'), serverXml({ port, ajpPort, ...options }))
  await writeFile(join(base, 'conf/logging.properties'), LOGGING)
  const root = join(base, 'webapps/ROOT')
  for (const [page, text] of tomcatPages(options.route)) await writeFile(join(root, `${page}.jsp`), text)
  await writeFile(join(root, 'WEB-INF/web.xml'), webXml(options.cluster !== undefined))
  const child = await site.start({
    name: `tomcat ${options.route}`,
    command: findProgram('java') ?? 'java',
    args: [
      '-Djava.awt.headless=true',
      '-Djava.net.preferIPv4Stack=true',
      '-XX:-UsePerfData',
      `-Djava.io.tmpdir=${join(base, 'temp')}`,
      `-Djava.util.logging.config.file=${join(base, 'conf/logging.properties')}`,
      '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
      // What catalina.sh opens for the leak checks of Tomcat.
      ...['java.lang', 'java.io', 'java.util', 'java.util.concurrent'].flatMap((name) => [
        '--add-opens',
        `java.base/${name}=ALL-UNNAMED`,
      ]),
      `-Dcatalina.home=${HOME}`,
      `-Dcatalina.base=${base}`,
      '-cp',
      `${HOME}/bin/bootstrap.jar:${HOME}/bin/tomcat-juli.jar`,
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
    cwd: base,
    ready: { port },
    readyWithinMs: START_WITHIN_MS,
  })
  return { ...peerOf(port, child), route: options.route, ajpPort }
}

const LOGGING = `handlers = java.util.logging.ConsoleHandler
.level = WARNING
java.util.logging.ConsoleHandler.level = WARNING
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
`
