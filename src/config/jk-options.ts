/**
 * The options of JkOptions, the variables that mod_jk reads from the environment of a request, and the notes that it leaves
 * for logs: the tables behind the parser and the reference page. Source: mod_jk.md 2.2, 2.3 and 2.6.
 */
import type { Effect } from './worker-directives.ts'

export interface JkOption {
  readonly name: string
  readonly default: 'on' | 'off'
  readonly effect: Effect
  readonly note: string
}

function option(name: string, effect: Effect, note: string, preset: JkOption['default'] = 'off'): JkOption {
  return { name, default: preset, effect, note }
}

const collapsing = 'mod_jk ignores it, too: slashes are always collapsed before rules are matched'
const unsafe = 'workers get the path that rules were matched against, as with ForwardURIProxy'
const held = 'answers leave as they come; the pieces of one are held for 5 ms at most, to leave together'

export const jkOptions: readonly JkOption[] = [
  option('ForwardURIProxy', 'acts', 'the path that rules were matched against, encoded', 'on'),
  option('ForwardURICompat', 'never', unsafe),
  option('ForwardURICompatUnparsed', 'never', unsafe),
  option('ForwardURIEscaped', 'moot', 'as ForwardURIProxy; mod_jk writes hex digits in lower case'),
  option('ForwardKeySize', 'acts', 'of TLS that variables tell of', 'on'),
  option('ForwardSSLCertChain', 'acts', 'of TLS that variables tell of'),
  option('ForwardDirectories', 'moot', 'always so: a folder whose page is mapped goes to the worker'),
  option('ForwardLocalAddress', 'acts', 'the address of this end for that of the client, and port 0'),
  option('ForwardPhysicalAddress', 'moot', 'always so: the address that the connection comes from'),
  option('FlushPackets', 'moot', held),
  option('FlushHeader', 'moot', held),
  option('DisableReuse', 'acts', 'the connection to the worker is closed after each answer'),
  option('RejectUnsafeURI', 'acts', 'a decoded path with % or \\ in it is not mapped'),
  ...['CollapseSlashesAll', 'CollapseSlashesNone', 'CollapseSlashesUnmount'].map((name) =>
    option(name, 'never', collapsing),
  ),
]

const byKey = new Map(jkOptions.map((row) => [row.name.toLowerCase(), row]))

/** Case does not matter. */
export function jkOption(name: string): JkOption | undefined {
  return byKey.get(name.toLowerCase())
}

export interface JkVariable {
  /** A prefix where it ends with `*`. */
  readonly name: string
  /** The directive that gives it another name; none: there is none. */
  readonly indicator?: string
  readonly effect: Effect
  readonly note: string
}

function variable(name: string, indicator: string | undefined, note: string, effect: Effect = 'acts'): JkVariable {
  return { name, effect, note, ...(indicator === undefined ? {} : { indicator }) }
}

const tls = 'with HTTPS, to AJP workers'

export const jkVariables: readonly JkVariable[] = [
  variable('no-jk', undefined, 'any value: the request is not mapped'),
  variable(
    'JK_WORKER_NAME',
    'JkWorkerIndicator',
    '`WORKER;extension=value…` for paths with `SetHandler jakarta-servlet`',
  ),
  variable('JK_REPLY_TIMEOUT', undefined, 'ms in place of `reply_timeout`; 0: none; negative: as if not set'),
  variable(
    'JK_STICKY_IGNORE',
    undefined,
    'empty or not 0: the session is not looked at; 0: it is, whatever the rule says',
  ),
  variable('JK_STATELESS', undefined, 'the same: the request does not count as a session'),
  variable('JK_ROUTE', undefined, 'taken for the route of the session; told to a worker that stands alone'),
  variable('JK_LOCAL_NAME', 'JkLocalNameIndicator', 'to AJP workers: the name of the server'),
  variable('JK_LOCAL_PORT', 'JkLocalPortIndicator', 'to AJP workers: the port of the server'),
  variable('JK_LOCAL_ADDR', 'JkLocalAddrIndicator', 'to AJP workers: the address of this end'),
  variable('JK_REMOTE_ADDR', 'JkRemoteAddrIndicator', 'to AJP workers: the address of the client; empty: none'),
  variable('JK_REMOTE_PORT', 'JkRemotePortIndicator', 'to AJP workers: the port of the client; empty: none'),
  variable('JK_REMOTE_HOST', 'JkRemoteHostIndicator', 'to AJP workers: the name of the client'),
  variable('JK_REMOTE_USER', 'JkRemoteUserIndicator', 'to AJP workers: the user; empty: none'),
  variable('JK_AUTH_TYPE', 'JkAuthTypeIndicator', 'to AJP workers: how the user was proved; empty: none'),
  variable(
    'JK_IGNORE_CL',
    'JkIgnoreCLIndicator',
    'bodies are never changed on their way, so their length holds',
    'never',
  ),
  variable('HTTPS', 'JkHTTPSIndicator', '`on`: AJP workers take the request for one over TLS'),
  variable('SSL_PROTOCOL', 'JkSSLPROTOCOLIndicator', tls),
  variable('SSL_CLIENT_CERT', 'JkCERTSIndicator', `${tls}; PEM`),
  variable('SSL_CLIENT_CERT_CHAIN_*', 'JkCERTCHAINPrefix', `${tls} and ForwardSSLCertChain; from 0 on`),
  variable('SSL_CIPHER', 'JkCIPHERIndicator', tls),
  variable('SSL_SESSION_ID', 'JkSESSIONIndicator', tls),
  variable('SSL_CIPHER_USEKEYSIZE', 'JkKEYSIZEIndicator', `${tls} and ForwardKeySize`),
  variable('UNIQUE_ID', 'JkRequestIdIndicator', 'lines of the log are not about single requests', 'moot'),
]

/** What speaks of TLS, which clowder itself does not end yet. */
export const tlsDirectives: ReadonlySet<string> = new Set([
  'jkextractssl',
  ...jkVariables
    .filter(({ name }) => name === 'HTTPS' || name.startsWith('SSL_'))
    .map(({ indicator }) => indicator!.toLowerCase()),
])

/** For `%{NAME}n`, with what they hold. */
export const jkNotes: Readonly<Record<string, string>> = {
  JK_WORKER_NAME: 'the worker of the rule',
  JK_WORKER_TYPE: 'its type',
  JK_WORKER_ROUTE: 'the route of the member that served; of a worker that stands alone JK_ROUTE',
  JK_REQUEST_DURATION: 's, with six decimals',
  'JK_LB_FIRST_*, JK_LB_LAST_*':
    'of the first and of the last member tried, when its attempt had ended: `NAME`, `VALUE` (lb value), `ACCESSED` (requests), `SESSIONS`, `READ` and `TRANSFERRED` (bytes), `ERRORS`, `BUSY`, `ACTIVATION`, `STATE`',
}
