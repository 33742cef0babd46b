/**
 * A private Tomcat 10.1 on loopback ports: its own CATALINA_BASE with Debian's conf/ in it, a server.xml of ours, no
 * shutdown port. Without web applications of yours it serves tomcat-app/, which answers as clowder's sample app does.
 */
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './folder.ts'
import type { Owner } from './owner.ts'
import { type PeerServer, startPeerServer } from './peer-server.ts'
import { peer } from './peers.ts'
import { freePort } from './ports.ts'
import type { start } from './process.ts'

const CATALINA_HOME = '/usr/share/tomcat10'
/** What Debian copies to /etc/tomcat10, where only root and tomcat may read it. */
const DEBIAN_CONF = join(CATALINA_HOME, 'etc')
/** `GET /count` and `GET /plain`, distributable. */
export const SAMPLE_APP = fileURLToPath(new URL('./tomcat-app', import.meta.url))
/** The applications of Debian's tomcat10-examples. */
export const EXAMPLES_APP = '/usr/share/tomcat10-examples/examples'
/** Quick to start rather than quick to serve; a bench passes its own. */
const JAVA_OPTIONS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const START_LIMIT_MS = 120_000

export interface TomcatOptions {
  readonly owner?: Owner
  readonly jvmRoute?: string
  /** Port of an AJP/1.3 connector; 0 takes a free one; default no connector. */
  readonly ajpPort?: number
  /** Attributes of that connector; default `secretRequired="false"`, which loopback allows. */
  readonly ajpAttributes?: string
  /** Further connectors, each by its attributes. */
  readonly connectors?: readonly string[]
  /** The `<Cluster>` element, as it stands in server.xml; default none. */
  readonly cluster?: string
  /** Context path to document base; default {@link SAMPLE_APP} as the root context. */
  readonly webapps?: Readonly<Record<string, string>>
  /** What the connectors bind; default 127.0.0.1. */
  readonly address?: string
  readonly javaOptions?: readonly string[]
  /** How it is started; default on this machine, else for instance in a network namespace. */
  readonly launch?: typeof start
}

export interface Tomcat extends PeerServer {
  /** 0 without an AJP connector. */
  readonly ajpPort: number
}

export async function startTomcat(options: TomcatOptions = {}): Promise<Tomcat> {
  const { owner, launch, javaOptions = JAVA_OPTIONS } = options
  const command = peer('tomcat')
  const port = await freePort()
  const ajpPort = options.ajpPort === 0 ? await freePort() : (options.ajpPort ?? 0)
  const folder = temporaryFolder('tomcat', owner)
  copyConf(join(folder.path, 'conf'))
  for (const name of ['temp', 'work', 'webapps']) mkdirSync(join(folder.path, name))
  folder.write('conf/server.xml', serverXml(options, port, ajpPort))
  const logging = folder.write(
    'conf/logging.properties',
    `handlers = java.util.logging.ConsoleHandler
.handlers = java.util.logging.ConsoleHandler
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
`,
  )
  const bin = join(CATALINA_HOME, 'bin')
  const server = await startPeerServer({
    owner,
    name: `tomcat ${options.jvmRoute ?? ''}`.trimEnd(),
    command,
    args: [
      ...javaOptions,
      `-Dcatalina.home=${CATALINA_HOME}`,
      `-Dcatalina.base=${folder.path}`,
      `-Djava.io.tmpdir=${join(folder.path, 'temp')}`,
      `-Djava.util.logging.config.file=${logging}`,
      '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
      '-Djava.net.preferIPv4Stack=true',
      '-classpath',
      `${join(bin, 'bootstrap.jar')}:${join(bin, 'tomcat-juli.jar')}`,
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
    folder,
    port,
    ...(launch === undefined ? {} : { launch }),
    ready: (running) => running.waitForLine(/Server startup in \[/, START_LIMIT_MS),
  })
  return { ...server, ajpPort }
}

/** Without users: whoever may do what is for a test to say. */
function copyConf(target: string): void {
  mkdirSync(target)
  for (const name of readdirSync(DEBIAN_CONF)) {
    if (/\.(properties|xml)$/.test(name) && name !== 'tomcat-users.xml') {
      cpSync(join(DEBIAN_CONF, name), join(target, name), { dereference: true })
    }
  }
}

function serverXml(options: TomcatOptions, port: number, ajpPort: number): string {
  const { address = '127.0.0.1', jvmRoute, ajpAttributes = 'secretRequired="false"' } = options
  const { cluster = '', webapps = { '': SAMPLE_APP }, connectors: further = [] } = options
  const connectors = [`<Connector port="${port}" address="${address}" protocol="HTTP/1.1"/>`]
  if (ajpPort !== 0) {
    connectors.push(`<Connector port="${ajpPort}" address="${address}" protocol="AJP/1.3" ${ajpAttributes}/>`)
  }
  connectors.push(...further.map((attributes) => `<Connector ${attributes}/>`))
  const contexts = Object.entries(webapps).map(([path, base]) => `<Context path="${path}" docBase="${base}"/>`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    ${connectors.join('\n    ')}
    <Engine name="Catalina" defaultHost="localhost"${jvmRoute === undefined ? '' : ` jvmRoute="${jvmRoute}"`}>
      ${cluster}
      <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
        ${contexts.join('\n        ')}
      </Host>
    </Engine>
  </Service>
</Server>
`
}
