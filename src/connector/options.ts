/**
 * What a connector can be told, with the meaning and mostly the names of Tomcat's AJP connector (Tomcat 10.1,
 * config/ajp.html). Filled in and checked by resolve-options.ts.
 */
import type { Clock } from '../clock/clock.ts'
import type { ConnectorEvent } from './events.ts'

export interface ConnectorOptions {
  /**
   * Address or host name to listen on; default `127.0.0.1`. Any other than loopback needs a `secret`, or `insecure: true`:
   * whoever reaches the port can say who the client is. Source: Tomcat `address`, default loopback.
   */
  readonly address?: string
  /** 0 = any free port, see `Connector.address`; default 8009. Source: Tomcat `port`. */
  readonly port?: number
  /** Connections the system keeps waiting until they are accepted; default 100. Source: Tomcat `acceptCount`. */
  readonly acceptCount?: number
  /**
   * What every request must bring along; Latin-1. It travels in clear text. A reason to have one on loopback, too: a
   * forged request does not know it (ajp13.md 7.2). Source: Tomcat `secret`, mod_jk and mod_proxy_ajp `secret`.
   */
  readonly secret?: string
  /** False: start without a `secret`; default true. Source: Tomcat `secretRequired`. */
  readonly secretRequired?: boolean
  /** True: listen without a secret on an address that others reach; default false. */
  readonly insecure?: boolean
  /** Peers that may connect: addresses and networks (`10.0.0.0/8`); default all. Source: ajp13.md 7.4. */
  readonly allow?: readonly string[]
  /**
   * Largest packet in bytes, 8192 to 65536, default 8192. The web server must be set to the same (`max_packet_size`,
   * `ProxyIOBufferSize`). Higher: larger headers fit, uploads are faster. Source: Tomcat `packetSize`.
   */
  readonly packetSize?: number
  /** Connections at once, -1 = no limit, default 8192. More are closed as they come. Source: Tomcat `maxConnections`. */
  readonly maxConnections?: number
  /** Header fields of a request, default 100; more are answered with 431. Source: Tomcat `maxHeaderCount`. */
  readonly maxHeaderCount?: number
  /**
   * For the first request of a connection, and for each packet of a request body that is due; ms, -1 or 0 = for ever, the
   * default. Source: Tomcat `connectionTimeout`, for AJP -1.
   */
  readonly connectionTimeoutMs?: number
  /**
   * For a connection between requests; ms, -1 or 0 = for ever, default `connectionTimeoutMs`. Better none: whoever opened
   * a connection shall close it. Source: Tomcat `keepAliveTimeout`.
   */
  readonly keepAliveTimeoutMs?: number
  /** From the first byte of a packet to its last; ms, default 20 000. Source: ajp13.md 7.4 (Tomcat waits for ever). */
  readonly packetTimeoutMs?: number
  /**
   * How long a packet that the web server owes is waited for behind a complete answer; ms, default 1000. Then the
   * connection is closed. Source: ajp13.md 4.4 (Tomcat waits for ever).
   */
  readonly bodyGraceMs?: number
  /** False: `req.ajp.remoteUser` and `authType` are what the web server says; default true: null. Source: Tomcat. */
  readonly tomcatAuthentication?: boolean
  /** True: believe the user, whatever `tomcatAuthentication` says; default false. Source: Tomcat. */
  readonly tomcatAuthorization?: boolean
  /**
   * Names of request attributes that are let in besides the known ones; must match the whole name. Default none: a request
   * with another one is answered with 403. Source: Tomcat `allowedRequestAttributesPattern`, against CVE-2020-1938.
   */
  readonly allowedRequestAttributesPattern?: RegExp | string
  /**
   * False: a request body may be longer or shorter than its content-length, as Tomcat has it; for a filter in httpd that
   * inflates bodies. Default true: the connection is cut. Source: ajp13.md 3.5.
   */
  readonly strictContentLength?: boolean
  /** Time; default the system's. */
  readonly clock?: Clock
  /** Told of everything that went wrong; default nobody. */
  readonly onEvent?: (event: ConnectorEvent) => void
}

/** Every option with its value; 0 = no limit. */
export interface ResolvedConnectorOptions {
  readonly address: string
  readonly port: number
  readonly acceptCount: number
  readonly secret: string | undefined
  readonly allow: readonly string[]
  readonly packetSize: number
  readonly maxConnections: number
  readonly maxHeaderCount: number
  readonly connectionTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly packetTimeoutMs: number
  readonly bodyGraceMs: number
  readonly believesUser: boolean
  readonly allowedAttributes: RegExp | undefined
  readonly strictContentLength: boolean
  readonly clock: Clock
  readonly onEvent: ((event: ConnectorEvent) => void) | undefined
}
