/** All arrangements at once: one Tomcat, one Node application, one httpd and two balancers. */
import { temporaryFolder } from '../kit/folder.ts'
import type { Owner } from '../kit/owner.ts'
import type { App, Arrangement } from './arrangement.ts'
import type { Certificate } from './certificate.ts'
import { startClowderFront } from './clowder-front.ts'
import { startHttpdFront } from './httpd-front.ts'
import { startNodeApp } from './shop-node.ts'
import { startTomcatApp } from './shop-tomcat.ts'

export interface Arrangements {
  /** Those before the Tomcat. */
  readonly tomcat: readonly Arrangement[]
  readonly node: readonly Arrangement[]
  readonly apps: readonly App[]
  readonly clientCertificate: Certificate
}

export async function startArrangements(owner: Owner): Promise<Arrangements> {
  const [tomcat, node] = await Promise.all([startTomcatApp(owner), startNodeApp(owner)])
  const httpd = await startHttpdFront(owner, temporaryFolder('certificates', owner), tomcat, node)
  return {
    tomcat: [
      { name: 'mod_jk-tomcat', app: tomcat, ...httpd.jkTomcat },
      { name: 'mod_proxy_ajp-tomcat', app: tomcat, ...httpd.proxyTomcat },
      { name: 'clowder-tomcat', app: tomcat, port: await startClowderFront(owner, tomcat) },
    ],
    node: [
      { name: 'mod_jk-clowder', app: node, ...httpd.jkNode },
      { name: 'mod_proxy_ajp-clowder', app: node, ...httpd.proxyNode },
      { name: 'clowder-clowder', app: node, port: await startClowderFront(owner, node) },
    ],
    apps: [tomcat, node],
    clientCertificate: httpd.client,
  }
}
