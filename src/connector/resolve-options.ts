/** Fills in what was left out, checks everything, and reports all problems at once. */
import { isIP } from 'node:net'
import { addressList, isLoopback } from '../addresses/index.ts'
import { DEFAULT_MAX_HEADERS, MAX_PACKET_BYTES, MIN_PACKET_BYTES } from '../ajp/index.ts'
import { systemClock } from '../clock/clock.ts'
import { ConnectorError } from './errors.ts'
import type { ConnectorOptions, ResolvedConnectorOptions } from './options.ts'

const DEFAULT_PORT = 8_009
const DEFAULT_ACCEPT_COUNT = 100
const DEFAULT_MAX_CONNECTIONS = 8_192
const DEFAULT_PACKET_TIMEOUT_MS = 20_000
const DEFAULT_BODY_GRACE_MS = 1_000
const MAX_COUNT = 1_000_000
/** A header count is two bytes on the wire. */
const MAX_HEADERS = 65_535
/** Looked up when listening begins. As a rule not loopback, so it needs a secret; `localhost` is (RFC 6761 6.3). */
const HOST_NAME = /^(?!-)[A-Za-z0-9._-]{1,253}$/
/** What a timer can wait. */
const MAX_MS = 2_147_483_647

/** Throws a {@link ConnectorError} `CONNECTOR_OPTIONS` that lists every problem. */
export function resolveOptions(options: ConnectorOptions): ResolvedConnectorOptions {
  const problems: string[] = []
  const whole = (name: keyof ConnectorOptions, value: number, least: number, most: number): number => {
    if (!(Number.isInteger(value) && value >= least && value <= most))
      problems.push(`${name} is ${value}, not a whole number from ${least} to ${most}`)
    return value
  }
  /** -1 = none in Tomcat; inside it is 0. */
  const limit = (name: keyof ConnectorOptions, value: number, most = MAX_MS): number =>
    Math.max(0, whole(name, value, -1, most))

  const address = options.address ?? '127.0.0.1'
  const connectionTimeoutMs = limit('connectionTimeoutMs', options.connectionTimeoutMs ?? 0)
  const secret = checkSecret(options, address, problems)
  checkPeers(options.allow ?? [], problems)
  const resolved: ResolvedConnectorOptions = {
    address,
    port: whole('port', options.port ?? DEFAULT_PORT, 0, 65_535),
    acceptCount: whole('acceptCount', options.acceptCount ?? DEFAULT_ACCEPT_COUNT, 1, MAX_COUNT),
    secret,
    allow: [...(options.allow ?? [])],
    packetSize: whole('packetSize', options.packetSize ?? MIN_PACKET_BYTES, MIN_PACKET_BYTES, MAX_PACKET_BYTES),
    maxConnections: limit('maxConnections', options.maxConnections ?? DEFAULT_MAX_CONNECTIONS, MAX_COUNT),
    maxHeaderCount: whole('maxHeaderCount', options.maxHeaderCount ?? DEFAULT_MAX_HEADERS, 1, MAX_HEADERS),
    connectionTimeoutMs,
    keepAliveTimeoutMs: limit('keepAliveTimeoutMs', options.keepAliveTimeoutMs ?? connectionTimeoutMs),
    packetTimeoutMs: whole('packetTimeoutMs', options.packetTimeoutMs ?? DEFAULT_PACKET_TIMEOUT_MS, 1, MAX_MS),
    bodyGraceMs: whole('bodyGraceMs', options.bodyGraceMs ?? DEFAULT_BODY_GRACE_MS, 1, MAX_MS),
    believesUser: options.tomcatAuthentication === false || options.tomcatAuthorization === true,
    allowedAttributes: wholeMatch(options.allowedRequestAttributesPattern, problems),
    strictContentLength: options.strictContentLength ?? true,
    clock: options.clock ?? systemClock,
    onEvent: options.onEvent,
  }
  if (problems.length > 0) throw new ConnectorError('CONNECTOR_OPTIONS', problems.join('; '))
  return Object.freeze(resolved)
}

function checkSecret(options: ConnectorOptions, address: string, problems: string[]): string | undefined {
  const secret = options.secret === '' ? undefined : options.secret
  if (isIP(address) === 0 && !HOST_NAME.test(address)) problems.push(`address ${address} is no IP address or host name`)
  if (secret === undefined) {
    if (options.secretRequired ?? true)
      problems.push('secret is missing: set it here and in the web server, or say secretRequired: false')
    else if (!isLoopback(address) && options.insecure !== true)
      problems.push(`address ${address} is not loopback: set a secret, or say insecure: true`)
  } else if (!/^[\x01-\x09\x0b\x0c\x0e-\xff]+$/.test(secret)) {
    problems.push('secret has characters that AJP cannot carry: Latin-1 without NUL and line ends is allowed')
  } else if (secret.length > MIN_PACKET_BYTES / 4) problems.push(`secret has ${secret.length} characters`)
  return secret
}

function checkPeers(allow: readonly string[], problems: string[]): void {
  try {
    addressList(allow)
  } catch (error) {
    problems.push(`allow: ${(error as Error).message}`)
  }
}

/** Tomcat uses `Matcher.matches`: a pattern that fits a part of a name allows nothing. */
function wholeMatch(pattern: RegExp | string | undefined, problems: string[]): RegExp | undefined {
  if (pattern === undefined || pattern === '') return undefined
  const [source, flags] =
    typeof pattern === 'string' ? [pattern, ''] : [pattern.source, pattern.flags.replace(/[gy]/g, '')]
  try {
    return new RegExp(`^(?:${source})$`, flags)
  } catch (error) {
    problems.push(`allowedRequestAttributesPattern: ${(error as Error).message}`)
    return undefined
  }
}
