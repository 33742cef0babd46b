/** Tomcats that replicate their sessions to each other, alone or behind httpd with mod_jk: the system clowder replaces. */
import type { RootProcess } from '../proc/tree.ts'
import { freePort, type Site } from '../site.ts'
import { startHttpd } from './httpd.ts'
import type { Peer } from './peer.ts'
import { startTomcat, type Tomcat } from './tomcat.ts'

export async function startTomcatCluster(
  site: Site,
  routes: readonly string[],
  channelSendOptions = 8,
): Promise<readonly Tomcat[]> {
  const members: { port: number; id: number }[] = []
  for (const [index] of routes.entries()) members.push({ port: await freePort(), id: index + 1 })
  // One after the other: two that start together each ask the other for its sessions, and neither answers while it
  // waits, for stateTransferTimeout (60 s).
  const tomcats: Tomcat[] = []
  for (const [index, route] of routes.entries()) {
    const self = members[index]!
    const others = members.filter((member) => member !== self)
    tomcats.push(await startTomcat(site, { route, cluster: { self, others, channelSendOptions } }))
  }
  return tomcats
}

export interface JkCluster extends Peer {
  readonly workers: readonly Tomcat[]
  readonly roles: readonly RootProcess[]
}

export async function startJkCluster(
  site: Site,
  options: { readonly routes: readonly string[]; readonly maxConnections: number },
): Promise<JkCluster> {
  const tomcats = await startTomcatCluster(site, options.routes)
  const backends = tomcats.map(({ route, ajpPort }) => ({ route, port: ajpPort }))
  const { maxConnections } = options
  // Last, as an operator would: mod_jk that finds a Tomcat dead does not ask it again for a minute.
  const httpd = await startHttpd(site, { connector: 'jk', backends, maxConnections })
  const pids = () => [httpd, ...tomcats].flatMap((peer) => peer.pids())
  return {
    port: httpd.port,
    workers: tomcats,
    roles: [
      ...httpd.pids().map((pid) => ({ role: 'balancer', pid })),
      ...tomcats.flatMap((tomcat) => tomcat.pids().map((pid) => ({ role: 'worker', pid }))),
    ],
    pids,
    async stop() {
      await httpd.stop()
      await Promise.all(tomcats.map((tomcat) => tomcat.stop()))
    },
  }
}
