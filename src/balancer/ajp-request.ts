/**
 * What an AJP backend is told of a request (mod_jk.md 6, ajp13.md 2.4 to 2.6).
 *
 * Headers: those that travel end to end, in the client's order. Fields of the connection and Expect end here; the framing
 * is written anew, with `content-length: 0` for a request without a body, so that Tomcat need not ask for one. Nothing is
 * added: who the client is, where it came in and whether it used TLS travels in fields of AJP itself, where a client
 * cannot put it. So what an untrusted client says in X-Forwarded-* and Forwarded is dropped as for HTTP workers, and what
 * a trusted proxy says is passed on as it came: the client of AJP is then that proxy, and Tomcat's RemoteIpValve reads on.
 * What a configuration wants told otherwise (`telling.ts`) takes the place of what is known.
 */
import {
  type ClientSection,
  encodeAttributes,
  encodeClientSection,
  MAX_PACKET_BYTES,
  NAMED,
  PacketWriter,
  type WorkerSection,
} from '../ajp/index.ts'
import { FIELD, type FieldId, type RequestFields } from '../http1/index.ts'
import { asBytes } from './as-bytes.ts'
import type { ClientFacts } from './exchange.ts'
import { activationWords } from './jk-words.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'
import { splitHost } from './split-host.ts'
import type { Told, ToldTls } from './telling.ts'

const HOP_BY_HOP: ReadonlySet<FieldId> = new Set<FieldId>([
  FIELD.CONNECTION,
  FIELD.KEEP_ALIVE,
  FIELD.PROXY_CONNECTION,
  FIELD.TE,
  FIELD.TRAILER,
  FIELD.UPGRADE,
  FIELD.HTTP2_SETTINGS,
  FIELD.EXPECT,
])

const FORWARDING: ReadonlySet<FieldId> = new Set<FieldId>([
  FIELD.FORWARDED,
  FIELD.X_FORWARDED_FOR,
  FIELD.X_FORWARDED_PROTO,
  FIELD.X_FORWARDED_HOST,
  FIELD.X_FORWARDED_PORT,
])

/** Nothing is told other than what the front knows. */
const AS_IT_IS: Told = Object.freeze({})

/** Sections are made for workers of every packet size; what does not fit is found when a request is assembled. */
let sectionWriter: PacketWriter | undefined
/** For what is not copied: nothing else may write over it before it is sent. */
let clientWriter: PacketWriter | undefined

/** What is said of a client beside the fields that AJP has for it. */
export function clientAttributes(client: ClientFacts, told: Told = AS_IT_IS): Uint8Array {
  sectionWriter ??= new PacketWriter(MAX_PACKET_BYTES)
  const { remotePort = String(client.port), localAddr = client.localAddress ?? null, tls } = told
  const named: string[] = []
  if (tls !== undefined && tls.protocol !== null) named.push(NAMED.SSL_PROTOCOL, tls.protocol)
  if (remotePort !== null) named.push(NAMED.REMOTE_PORT, remotePort)
  if (localAddr !== null) named.push(NAMED.LOCAL_ADDR, localAddr)
  return encodeAttributes(sectionWriter, { named })
}

/** The fields of one client for one host; good until the next is made, unless it is kept. Throws an AjpError. */
export function clientSection(
  fields: RequestFields,
  host: string,
  client: ClientFacts,
  isTrusted: boolean,
  attributes: Uint8Array,
  told: Told = AS_IT_IS,
): ClientSection {
  clientWriter ??= new PacketWriter(MAX_PACKET_BYTES)
  // The port as mod_jk has it: that of the Host field, if it has one (ajp13.md 2.6).
  const { name, port } = splitHost(host)
  const facts = {
    remoteAddr: told.remoteAddr === undefined ? client.address : told.remoteAddr,
    remoteHost: told.remoteHost ?? null,
    serverName: told.serverName ?? name,
    serverPort: told.serverPort ?? port ?? client.localPort,
    isSsl: client.encrypted || told.tls !== undefined,
  }
  return encodeClientSection(clientWriter, facts, ajpHeaders(fields, host, isTrusted), attributes)
}

/** Name, value, name, value. */
export function ajpHeaders(fields: RequestFields, host: string, isTrusted: boolean): string[] {
  const { names, values, ids, connectionOptions, bodyLength } = fields
  const headers: string[] = []
  let saysLength = false
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    const name = names[i]!
    if (HOP_BY_HOP.has(id) || (!isTrusted && FORWARDING.has(id))) continue
    if (connectionOptions.length > 0 && isListed(id, name, connectionOptions)) continue
    let value = values[i]!
    if (id === FIELD.HOST) {
      // An empty one names nobody: without it Tomcat takes the server's name, as for HTTP/1.0.
      if (value === '') continue
      value = host
    } else if (id === FIELD.CONTENT_LENGTH) {
      saysLength = true
      value = String(bodyLength)
    } else if (id === FIELD.TRANSFER_ENCODING) {
      value = 'chunked'
    }
    headers.push(name, value)
  }
  if (bodyLength === 0 && !saysLength) headers.push('content-length', '0')
  return headers
}

/** Named by Connection: ends here, unless it says where the message goes or ends. */
function isListed(id: FieldId, name: string, connectionOptions: readonly string[]): boolean {
  if (id === FIELD.HOST || id === FIELD.CONTENT_LENGTH || id === FIELD.TRANSFER_ENCODING) return false
  return connectionOptions.includes(name.toLowerCase())
}

/** The attributes that go with every request to a worker, in mod_jk's order. `isBalanced`: as the member of an lb. */
export function workerSection(
  { secret, route, activation }: Pick<ResolvedEndpointWorker, 'secret' | 'route' | 'activation'>,
  isBalanced: boolean,
): WorkerSection {
  sectionWriter ??= new PacketWriter(MAX_PACKET_BYTES)
  return {
    secret: encodeAttributes(sectionWriter, secret === '' ? {} : { secret }),
    route: encodeAttributes(sectionWriter, isBalanced ? { jvmRoute: route } : {}),
    named: encodeAttributes(sectionWriter, {
      named: [NAMED.LB_ACTIVATION, activationWords[isBalanced ? activation : 'active']],
    }),
  }
}

/**
 * Who asks, as it was proved to the front by HTTP Basic authentication or as it is told instead, how TLS was spoken, and
 * attributes of the request's own. As UTF-8 in bytes, like all text here.
 */
export function withTold(section: WorkerSection, user: string | undefined, told: Told = AS_IT_IS): WorkerSection {
  sectionWriter ??= new PacketWriter(MAX_PACKET_BYTES)
  const { tls, attributes: named } = told
  const proved = user === undefined ? null : asBytes(user)
  const remoteUser = told.remoteUser === undefined ? proved : told.remoteUser
  const authType = told.authType === undefined ? proved && 'Basic' : told.authType
  const asks = encodeAttributes(sectionWriter, { remoteUser, authType })
  const { secret, route } = section
  return {
    secret: Buffer.concat([secret, asks]),
    route: tls === undefined ? route : Buffer.concat([route, tlsAttributes(sectionWriter, tls)]),
    named:
      named === undefined ? section.named : Buffer.concat([section.named, encodeAttributes(sectionWriter, { named })]),
  }
}

function tlsAttributes(writer: PacketWriter, { certificate, cipher, session, keySize }: ToldTls): Uint8Array {
  const attributes = { sslCert: certificate, sslCipher: cipher, sslSession: session, sslKeySize: keySize }
  return encodeAttributes(writer, attributes)
}

/** As `workerSection` for a worker that stands alone and is told a route nevertheless (`JK_ROUTE`). */
export function withRoute(section: WorkerSection, jvmRoute: string): WorkerSection {
  sectionWriter ??= new PacketWriter(MAX_PACKET_BYTES)
  return { ...section, route: encodeAttributes(sectionWriter, { jvmRoute }) }
}
