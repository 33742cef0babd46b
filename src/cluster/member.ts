/**
 * A member of the cluster as others see it (spec: Tomcat 10.1 `org.apache.catalina.tribes.membership.MemberImpl`).
 * Its bytes on the wire are in `member-packet.ts`, comparing and naming in `identity.ts`.
 */

/** Where a receiver listens. */
export interface Endpoint {
  /** Raw address bytes, 4 (IPv4) or 16 (IPv6). */
  readonly host: Uint8Array
  /** TCP port of the member's receiver. */
  readonly port: number
}

export interface Member extends Endpoint {
  /** Advertised only; -1 = none. */
  readonly securePort: number
  /** -1 = none. */
  readonly udpPort: number
  /** 16 bytes. Two members are the same when host, port and unique id are equal. */
  readonly uniqueId: Uint8Array
  readonly domain: Uint8Array
  /** Empty, or the shutdown command. */
  readonly command: Uint8Array
  /** What the member says of itself: free bytes, used here to tell clowder members what they speak (`payload.ts`). */
  readonly payload: Uint8Array
  /** Milliseconds since the member's service started. Good for ordering only. */
  readonly aliveMs: number
}

/** Length of every unique id, of members and of messages. */
export const UNIQUE_ID_BYTES = 16

const NOTHING = new Uint8Array(0)

/** A member with defaults for what it does not have. */
export function createMember(fields: Endpoint & Pick<Member, 'uniqueId'> & Partial<Member>): Member {
  return {
    securePort: -1,
    udpPort: -1,
    domain: NOTHING,
    command: NOTHING,
    payload: NOTHING,
    aliveMs: 0,
    ...fields,
  }
}
