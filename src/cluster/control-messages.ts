/**
 * Messages that members exchange about themselves and that never reach listeners: the notifications of static members
 * (Tomcat `StaticMembershipInterceptor`; tomcat-cluster.md 3.3) and probes (`TcpFailureDetector`,
 * `TcpPingInterceptor`; 3.5), and clowder's own pings. They are recognised by their body.
 */

/** Free bits of the options of a START, ignored by Tomcat (tomcat-cluster.md 2.1). They travel on the wire: only append. */
export const START_OPTION = {
  /** The sender asks who is there: the receiver sends its own START back. */
  ASKS: 1024,
  /** This START is such an answer. */
  ANSWERS: 2048,
} as const

/** The same kind of bit: the body is a list of members (`membership/gossip.ts`). */
export const MEMBERS_OPTION = 4096

export const START_BODY: Uint8Array = Buffer.from('Local StaticMember Notification Data', 'latin1')
export const STOP_BODY: Uint8Array = Buffer.from('Local StaticMember Shutdown Data', 'latin1')

/** Body of a TcpFailureDetector's probe. */
export const PROBE_BODY: Uint8Array = Buffer.from(
  '4fa77348798243c99f6f8980a15b07147dd9525bebf1439ab77ebe8f81671eb6' +
    '3715be87457e4ca8bf0a4d135338153255f694b73afa407891047dd77284c0d5',
  'hex',
)

/** Body of a TcpPingInterceptor's ping. */
export const PING_BODY: Uint8Array = Buffer.from(
  '4fa7734879df43c99f6f8980a15b07147dd9525bebdf439ab77ebe8f81671eb6' +
    '3715be8745214ca8bf0a4d135338153255f694b73adf217891047dd77284c0d5',
  'hex',
)

/** First bytes of a clowder member's ping; the pause until the next one follows, i32 ms. Sent to clowder members only. */
const PING_HEAD = Buffer.from('clowder ping', 'latin1')
const CLOWDER_PING_BYTES = PING_HEAD.length + 4

export function clowderPing(pauseMs: number): Buffer {
  const body = Buffer.alloc(CLOWDER_PING_BYTES)
  PING_HEAD.copy(body)
  body.writeInt32BE(Math.ceil(pauseMs), PING_HEAD.length)
  return body
}

/** The pause that a ping promises; undefined for every other body. */
export function pingPauseMs(body: Uint8Array): number | undefined {
  if (body.length !== CLOWDER_PING_BYTES || PING_HEAD.compare(body, 0, PING_HEAD.length) !== 0) return undefined
  const pauseMs = new DataView(body.buffer, body.byteOffset).getInt32(PING_HEAD.length)
  return pauseMs > 0 ? pauseMs : undefined
}

export type ControlMessage = 'start' | 'stop' | 'probe' | 'ping'

/** What a body is among the messages of this file; undefined for everything else. Cheap for everything else. */
export function controlMessageOf(body: Uint8Array): ControlMessage | undefined {
  switch (body.length) {
    case START_BODY.length:
      return Buffer.compare(body, START_BODY) === 0 ? 'start' : undefined
    case STOP_BODY.length:
      return Buffer.compare(body, STOP_BODY) === 0 ? 'stop' : undefined
    case PROBE_BODY.length:
      return Buffer.compare(body, PROBE_BODY) === 0 || Buffer.compare(body, PING_BODY) === 0 ? 'probe' : undefined
    case CLOWDER_PING_BYTES:
      return pingPauseMs(body) === undefined ? undefined : 'ping'
    default:
      return undefined
  }
}
