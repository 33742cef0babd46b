/** What only `ajp13` workers have: defaults, ranges, and what `ping_mode` stands for (mod_jk.md 1.4). */
import { type Findings, MAX_COUNT, MAX_MS } from './findings.ts'
import type { EndpointWorkerOptions } from './options.ts'
import type { ResolvedEndpointWorker } from './resolved-options.ts'

const DEFAULT_PING_TIMEOUT_MS = 10_000
const MIN_PACKET_SIZE = 8_192
const MAX_PACKET_SIZE = 65_536
/** Tomcat's own default. */
const DEFAULT_HEADER_COUNT = 100
/** What fits into the largest packet. */
const MAX_HEADER_COUNT = 10_000
const DEFAULT_ANSWER_GAP_MS = 60_000
/** With ping_mode I idle connections are probed every so many ping timeouts. */
const PING_INTERVAL_FACTOR = 10

export type ResolvedAjp = Pick<
  ResolvedEndpointWorker,
  | 'connectTimeoutMs'
  | 'prepostTimeoutMs'
  | 'pingTimeoutMs'
  | 'connectionPingIntervalMs'
  | 'maxPacketSize'
  | 'secret'
  | 'maxHeaderCount'
  | 'answerGapMs'
  | 'namesDeleteAndPropfind'
  | 'strictTruncation'
>

/** @param lbSecret of the balancer that the worker is a member of */
export function resolveAjp(
  at: string,
  worker: EndpointWorkerOptions,
  lbSecret: string | undefined,
  findings: Findings,
): ResolvedAjp {
  const whole = (key: keyof EndpointWorkerOptions & string, fallback: number, least: number, most: number): number =>
    findings.whole(`${at}.${key}`, (worker[key] as number | undefined) ?? fallback, least, most)
  const ms = (key: keyof EndpointWorkerOptions & string, fallback: number): number => whole(key, fallback, 0, MAX_MS)

  const mode = (worker.pingMode ?? '').toUpperCase()
  if (/[^CPIA]/.test(mode)) findings.warn(`${at}.pingMode`, `${worker.pingMode} holds letters other than C, P, I and A`)
  const has = (letter: string): boolean => mode.includes(letter) || mode.includes('A')
  const pingTimeoutMs = ms('pingTimeoutMs', DEFAULT_PING_TIMEOUT_MS)
  const secret = worker.secret ?? lbSecret ?? ''
  if (!/^[^\0\r\n\u0100-\uffff]*$/.test(secret))
    findings.problem(`${at}.secret`, 'holds a character that AJP cannot send')
  return {
    connectTimeoutMs: ms('connectTimeoutMs', 0) || (has('C') ? pingTimeoutMs : 0),
    prepostTimeoutMs: ms('prepostTimeoutMs', 0) || (has('P') ? pingTimeoutMs : 0),
    pingTimeoutMs,
    connectionPingIntervalMs:
      ms('connectionPingIntervalMs', 0) || (has('I') ? Math.min(MAX_MS, pingTimeoutMs * PING_INTERVAL_FACTOR) : 0),
    maxPacketSize: packetSize(whole('maxPacketSize', MIN_PACKET_SIZE, 0, MAX_COUNT)),
    secret,
    maxHeaderCount: whole('maxHeaderCount', DEFAULT_HEADER_COUNT, 1, MAX_HEADER_COUNT),
    answerGapMs: whole('answerGapMs', DEFAULT_ANSWER_GAP_MS, 1, MAX_MS),
    namesDeleteAndPropfind: worker.namesDeleteAndPropfind ?? false,
    strictTruncation: worker.strictTruncation ?? false,
  }
}

/** Rounded up to whole KiB, and never out of bounds (mod_jk.md 1.4, `max_packet_size`). */
export function packetSize(bytes: number): number {
  return Math.min(MAX_PACKET_SIZE, Math.max(MIN_PACKET_SIZE, Math.ceil(bytes / 1_024) * 1_024))
}
