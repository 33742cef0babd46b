/**
 * The server.xml of a private Tomcat. The cluster is the one of the Tomcat documentation (SimpleTcpCluster,
 * DeltaManager) with static members instead of multicast, because loopback has none.
 */

export interface ClusterMember {
  /** Port of the NioReceiver. */
  readonly port: number
  /** The last of the 16 bytes of the unique id; the others are zero. */
  readonly id: number
}

/** A Tomcat's own place in the cluster, and the others'. */
export interface ClusterPlace {
  readonly self: ClusterMember
  readonly others: readonly ClusterMember[]
  /** Default 8: asynchronous, as in Tomcat; 6 = a response waits until its changes are applied on all nodes. */
  readonly channelSendOptions?: number
}

export interface ServerXmlOptions {
  readonly port: number
  readonly ajpPort: number
  readonly route: string
  readonly cluster?: ClusterPlace
}

/** bindOnInit false: the ports open when the application has started, not before. */
export function serverXml({ port, ajpPort, route, cluster }: ServerXmlOptions): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <Connector protocol="HTTP/1.1" address="127.0.0.1" port="${port}" maxKeepAliveRequests="-1"
               keepAliveTimeout="300000" acceptCount="1024" bindOnInit="false" />
    <Connector protocol="AJP/1.3" address="127.0.0.1" port="${ajpPort}" secretRequired="false"
               bindOnInit="false" />
    <Engine name="Catalina" defaultHost="localhost" jvmRoute="${route}">
${cluster === undefined ? '' : clusterXml(cluster)}
      <Host name="localhost" appBase="webapps" autoDeploy="false" />
    </Engine>
  </Service>
</Server>
`
}

/** channelStartOptions 3: receiver and sender, no multicast. */
function clusterXml({ self, others, channelSendOptions = 8 }: ClusterPlace): string {
  const tribes = 'org.apache.catalina.tribes'
  return `      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster"
               channelSendOptions="${channelSendOptions}" channelStartOptions="3">
        <Manager className="org.apache.catalina.ha.session.DeltaManager" />
        <Channel className="${tribes}.group.GroupChannel">
          <Receiver className="${tribes}.transport.nio.NioReceiver"
                    address="127.0.0.1" port="${self.port}" autoBind="1" />
          <Sender className="${tribes}.transport.ReplicationTransmitter">
            <Transport className="${tribes}.transport.nio.PooledParallelSender" />
          </Sender>
          <Interceptor className="${tribes}.group.interceptors.TcpPingInterceptor" />
          <Interceptor className="${tribes}.group.interceptors.TcpFailureDetector" />
          <Interceptor className="${tribes}.group.interceptors.StaticMembershipInterceptor">
            <LocalMember className="${tribes}.membership.StaticMember" uniqueId="${uniqueId(self.id)}" />
${others.map(memberXml).join('\n')}
          </Interceptor>
          <Interceptor className="${tribes}.group.interceptors.MessageDispatchInterceptor" />
        </Channel>
        <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve" />
        <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" />
        <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener" />
      </Cluster>`
}

function memberXml({ port, id }: ClusterMember): string {
  return `            <Member className="org.apache.catalina.tribes.membership.StaticMember"
                    host="127.0.0.1" port="${port}" uniqueId="${uniqueId(id)}" />`
}

function uniqueId(id: number): string {
  return `{${[...Array<number>(15).fill(0), id].join(',')}}`
}
