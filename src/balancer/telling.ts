/**
 * What AJP workers are told of a request other than what the front knows: the variables of mod_jk that replace it (mod_jk.md
 * 2.3), TLS that ended at a proxy in front (6.5), and request attributes from variables (6.4). Made once for each virtual
 * host, of what its options name and its rules can set; a host that has none of it does nothing for it.
 *
 * Such a variable comes from the configuration alone: a client cannot set one unless a SetEnvIf takes it from a field.
 */
import { asBytes } from './as-bytes.ts'
import { commonVariable } from './common-variables.ts'
import type { EnvRule } from './environment.ts'
import type { Exchange } from './exchange.ts'
import type { RequestOverrides } from './rule-extensions.ts'
import type { TellingOptions } from './telling-options.ts'

/** What is left out stays as it is; null: nothing is said. Text is bytes as latin-1. */
export interface Told {
  remoteAddr?: string | null
  remotePort?: string | null
  remoteHost?: string | null
  remoteUser?: string | null
  authType?: string | null
  serverName?: string
  serverPort?: number
  localAddr?: string | null
  tls?: ToldTls
  /** Name, value, name, value. */
  attributes?: readonly string[]
}

export interface ToldTls {
  readonly certificate: string | null
  readonly cipher: string | null
  readonly session: string | null
  readonly keySize: number | null
  readonly protocol: string | null
}

/** What a request carries to its worker: its overrides with what is to be told. */
export type Telling = (exchange: Exchange, overrides: RequestOverrides | undefined) => RequestOverrides | undefined

type Env = ReadonlyMap<string, string>
type Tell = (told: Told, exchange: Exchange, env: Env) => void

const NO_ENV: Env = new Map()
const CHAIN = 'SSL_CLIENT_CERT_CHAIN_'

/** By variable; an empty value is none at all, but for the name of the server. */
const replacements: Readonly<Record<string, (told: Told, value: string) => void>> = {
  JK_REMOTE_ADDR: (told, value) => (told.remoteAddr = orNull(value)),
  JK_REMOTE_PORT: (told, value) => (told.remotePort = orNull(value)),
  JK_REMOTE_HOST: (told, value) => (told.remoteHost = orNull(value)),
  JK_REMOTE_USER: (told, value) => (told.remoteUser = orNull(value)),
  JK_AUTH_TYPE: (told, value) => (told.authType = orNull(value)),
  JK_LOCAL_NAME: (told, value) => (told.serverName = value),
  JK_LOCAL_PORT: (told, value) => (told.serverPort = digits(value, 0xffff) ?? 0),
  JK_LOCAL_ADDR: (told, value) => (told.localAddr = orNull(value)),
}

/** Undefined when nothing is told otherwise. */
export function compileTelling(options: TellingOptions, rules: readonly EnvRule[]): Telling | undefined {
  const settable = new Set(rules.flatMap(({ sets }) => sets.map(([name]) => name)))
  const steps: Tell[] = []
  if (options.clientAddress === 'local') steps.push(tellLocalAddress)
  for (const [name, replace] of Object.entries(replacements)) {
    if (!settable.has(name)) continue
    steps.push((told, _, env) => {
      const value = env.get(name)
      if (value !== undefined) replace(told, value)
    })
  }
  if (settable.has('HTTPS') && options.tlsVariables !== false) steps.push(tlsTeller(options))
  const { attributes = [], closesConnections = false } = options
  if (attributes.length > 0) steps.push(attributeTeller(attributes))
  if (steps.length === 0) return closesConnections ? (_, overrides) => ({ ...overrides, closesConnections }) : undefined
  return (exchange, overrides) => {
    const told: Told = {}
    const env = exchange.env ?? NO_ENV
    for (const step of steps) step(told, exchange, env)
    if (Object.keys(told).length > 0) return { ...overrides, told, closesConnections }
    return closesConnections ? { ...overrides, closesConnections } : overrides
  }
}

function tellLocalAddress(told: Told, { client }: Exchange): void {
  told.remoteAddr = client.localAddress ?? null
  told.remotePort = '0'
}

function tlsTeller({ keySize = true, certificateChain = false }: TellingOptions): Tell {
  return (told, _, env) => {
    if (env.get('HTTPS')?.toLowerCase() !== 'on') return
    const of = (name: string): string | null => orNull(env.get(name) ?? '')
    const certificate = of('SSL_CLIENT_CERT')
    told.tls = {
      certificate: certificate === null || !certificateChain ? certificate : certificate + chainOf(env),
      cipher: of('SSL_CIPHER'),
      session: of('SSL_SESSION_ID'),
      keySize: keySize ? (digits(env.get('SSL_CIPHER_USEKEYSIZE') ?? '', 0x7fff) ?? null) : null,
      protocol: of('SSL_PROTOCOL'),
    }
  }
}

/** In the order of their numbers, of which none is missing. */
function chainOf(env: Env): string {
  let chain = ''
  for (let i = 0; ; i++) {
    const certificate = env.get(`${CHAIN}${i}`)
    if (certificate === undefined) return chain
    chain += certificate
  }
}

function attributeTeller(attributes: NonNullable<TellingOptions['attributes']>): Tell {
  const readers = attributes.map(([name, otherwise]) => ({
    variable: name,
    name: asBytes(name),
    common: commonVariable(name),
    otherwise: otherwise === null ? null : asBytes(otherwise),
  }))
  return (told, exchange, env) => {
    const all: string[] = []
    for (const { variable, name, common, otherwise } of readers) {
      const value = common?.(exchange) ?? env.get(variable) ?? otherwise
      if (value !== null) all.push(name, value)
    }
    if (all.length > 0) told.attributes = all
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

/** The number that a text begins with, as mod_jk reads it. */
function digits(text: string, most: number): number | undefined {
  const number = Number.parseInt(text, 10)
  return Number.isNaN(number) || number < 0 || number > most ? undefined : number
}
