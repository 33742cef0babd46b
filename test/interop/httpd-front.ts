/** One httpd with a virtual host per arrangement: mod_jk or mod_proxy_ajp, plain and with TLS. */
import { createHash } from 'node:crypto'
import type { Folder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import type { Owner } from '../kit/owner.ts'
import { freePort } from '../kit/ports.ts'
import type { App } from './arrangement.ts'
import { type Certificate, makeCertificate } from './certificate.ts'
import { HASTY_REPLY_MS, ROUTES } from './mounts.ts'
import { SECRET, WIDE_PACKET } from './shop-tomcat.ts'
import { attributeDirectives, variableDirectives } from './variables.ts'

export interface HttpdPorts {
  readonly port: number
  readonly tlsPort: number
}

export interface HttpdFront {
  readonly jkTomcat: HttpdPorts
  readonly proxyTomcat: HttpdPorts
  readonly jkNode: HttpdPorts
  readonly proxyNode: HttpdPorts
  readonly client: Certificate
}

/** `cat` with the password `mint`. */
const MEMBERS = `cat:{SHA}${createHash('sha1').update('mint').digest('base64')}\n`
const MODULES = ['proxy', 'proxy_ajp', 'ssl', 'env', 'setenvif', 'authn_core', 'authn_file', 'auth_basic', 'authz_user']

export async function startHttpdFront(owner: Owner, folder: Folder, tomcat: App, node: App): Promise<HttpdFront> {
  const server = await makeCertificate(folder, 'shop.example', 'c0ffee')
  const client = await makeCertificate(folder, 'visitor', 'ca7')
  const ports = async () => ({ port: await freePort(), tlsPort: await freePort() })
  const proxyTomcat = await ports()
  const jkNode = await ports()
  const proxyNode = await ports()
  const tlsPort = await freePort()
  const further = [proxyTomcat, jkNode, proxyNode].flatMap((host) => [host.port, host.tlsPort])
  const httpd = await startHttpd({
    owner,
    modules: MODULES,
    workersProperties: workersProperties({ tomcat, node }),
    config: (port) =>
      [
        ...[tlsPort, ...further].map((other) => `Listen 127.0.0.1:${other}`),
        'SSLSessionCache none',
        // A client that waits for the rest of a cut answer sees its end so soon.
        'KeepAliveTimeout 2',
        'MaxKeepAliveRequests 0',
        // Enough of them for the requests that hang, and no more.
        'StartServers 1',
        'ServerLimit 1',
        'ThreadsPerChild 32',
        'MaxRequestWorkers 32',
        ...variableDirectives(),
        // mod_proxy_ajp sends AJP_x as the attribute x.
        'SetEnvIf Request_URI ^/probe/env AJP_CLOWDER_SEEN=yes',
        '<LocationMatch /members/>',
        'AuthType Basic',
        'AuthName members',
        `AuthUserFile ${folder.write('members', MEMBERS)}`,
        'Require valid-user',
        '</LocationMatch>',
        ...hosts({ port, tlsPort }, server, jkMounts('tomcat')),
        ...hosts(proxyTomcat, server, proxyMounts(tomcat)),
        ...hosts(jkNode, server, jkMounts('node')),
        ...hosts(proxyNode, server, proxyMounts(node)),
      ].join('\n'),
  })
  return { jkTomcat: { port: httpd.port, tlsPort }, proxyTomcat, jkNode, proxyNode, client }
}

/** The same workers before each application: an lb, a hasty one, one with the secret and one with a wrong one. */
function workersProperties(apps: Readonly<Record<string, App>>): string {
  const lines: string[] = []
  const list: string[] = []
  for (const [name, app] of Object.entries(apps)) {
    const worker = (short: string, port: number, more: Record<string, string> = {}) => {
      for (const [key, value] of Object.entries({ type: 'ajp13', host: '127.0.0.1', port, ...more }))
        lines.push(`worker.${name}-${short}.${key}=${value}`)
      return `${name}-${short}`
    }
    const first = worker('node1', app.ajpPort, { route: ROUTES.first })
    const tired = worker('tired', app.ajpPort, { route: ROUTES.tired, activation: 'disabled' })
    lines.push(`worker.${name}-shop.type=lb`, `worker.${name}-shop.balance_workers=${first},${tired}`)
    list.push(`${name}-shop`)
    list.push(worker('hasty', app.ajpPort, { reply_timeout: String(HASTY_REPLY_MS) }))
    list.push(worker('secret', app.secretPort, { secret: SECRET }))
    list.push(worker('wrong', app.secretPort, { secret: `${SECRET}!` }))
    list.push(worker('none', app.secretPort))
    list.push(worker('wide', app.widePort, { max_packet_size: String(WIDE_PACKET) }))
  }
  return `worker.list=${list.join(',')}\n${lines.join('\n')}\n`
}

function jkMounts(app: string): string[] {
  const mounts = ['hasty', 'secret', 'wrong', 'none', 'wide'].map(
    (short) => `JkMount /probe/${short}/* ${app}-${short}`,
  )
  return [...mounts, `JkMount /* ${app}-shop`, ...attributeDirectives()]
}

function proxyMounts(app: App): string[] {
  const pass = (path: string, port: number, more = '') => `ProxyPass ${path} ajp://127.0.0.1:${port}${path} ${more}`
  return [
    pass('/probe/hasty/', app.ajpPort, `timeout=${HASTY_REPLY_MS / 1_000}`),
    pass('/probe/secret/', app.secretPort, `secret=${SECRET}`),
    pass('/probe/wrong/', app.secretPort, `secret=${SECRET}!`),
    pass('/probe/none/', app.secretPort),
    pass('/probe/wide/', app.widePort, `iobuffersize=${WIDE_PACKET}`),
    pass('/', app.ajpPort),
  ]
}

function hosts({ port, tlsPort }: HttpdPorts, server: Certificate, mounts: readonly string[]): string[] {
  const tls = [
    'SSLEngine on',
    `SSLCertificateFile ${server.certFile}`,
    `SSLCertificateKeyFile ${server.keyFile}`,
    'SSLOptions +StdEnvVars +ExportCertData',
    'SSLVerifyClient optional_no_ca',
  ]
  return [
    `<VirtualHost *:${port}>`,
    ...mounts,
    '</VirtualHost>',
    `<VirtualHost *:${tlsPort}>`,
    ...tls,
    ...mounts,
    '</VirtualHost>',
  ]
}
