/**
 * A member of the cluster as others see it (spec: Tomcat 10.1 `org.apache.catalina.tribes.membership.MemberImpl`).
 * Its bytes on the wire are in `member-packet.ts`.
 */

export interface Member {
  /** Raw address bytes, 4 (IPv4) or 16 (IPv6). */
  readonly host: Uint8Array
  /** TCP port of the member's receiver. */
  readonly port: number
  /** Advertised only; -1 = none. */
  readonly securePort: number
  /** -1 = none. */
  readonly udpPort: number
  /** 16 bytes. Two members are the same when host, port and unique id are equal. */
  readonly uniqueId: Uint8Array
  readonly domain: Uint8Array
  /** Empty, or the shutdown command. */
  readonly command: Uint8Array
  /** What the member says of itself: free bytes, used here to tell clowder members what they speak. */
  readonly payload: Uint8Array
  /** Milliseconds since the member's service started. Good for ordering only. */
  readonly aliveMs: number
}
