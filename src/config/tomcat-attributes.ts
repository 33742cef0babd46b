/**
 * Elements and attributes of server.xml that clowder knows: the table behind the parser and the reference page. Rows about
 * the cluster are in `cluster-attributes.ts`. Source: Tomcat 10.1, tomcat-cluster.md 1.
 */
import type { Effect } from './worker-directives.ts'

/** How an attribute is read; see `tomcat-values.ts`. */
export type AttributeKind =
  | { readonly is: 'boolean' | 'text' | 'host' | 'pattern' | 'member-host' | 'bytes' | 'unique-id' | 'send-options' }
  | { readonly is: 'integer'; readonly min?: number; readonly max?: number }
  | { readonly is: 'choice'; readonly of: readonly string[] }

export interface XmlAttribute {
  readonly name: string
  readonly kind: AttributeKind
  readonly default: string
  /** Of the value in the file; options are in milliseconds. */
  readonly unit?: 'ms' | 's' | 'min' | 'bytes'
  /** Name of the option that takes the value. */
  readonly option?: string
  readonly effect: Effect
  readonly required?: true
  /** An old name of this attribute. */
  readonly aliasOf?: string
  readonly note?: string
}

export interface XmlElement {
  readonly element: string
  /** Full class names; the first is Tomcat's own. Absent for elements without `className`. */
  readonly classes?: readonly string[]
  /** acts: read; later: left out with a warning; refused: an error, because leaving it out would open or garble something. */
  readonly effect: 'acts' | 'later' | 'refused'
  readonly attributes: readonly XmlAttribute[]
  readonly note?: string
}

export const boolean: AttributeKind = { is: 'boolean' }
export const integer: AttributeKind = { is: 'integer' }
export const text: AttributeKind = { is: 'text' }
export const host: AttributeKind = { is: 'host' }
export const port: AttributeKind = { is: 'integer', min: 0, max: 65_535 }

type Rest = Partial<Pick<XmlAttribute, 'unit' | 'note' | 'required'>>

/** An attribute that reaches `option`. */
export function acts(name: string, kind: AttributeKind, preset: string, option: string, rest: Rest = {}): XmlAttribute {
  return { name, kind, default: preset, option, effect: 'acts', ...rest }
}

/** An attribute clowder does not act on yet; its default is what clowder does, so writing that is worth no warning. */
export function later(
  name: string,
  kind: AttributeKind,
  preset: string,
  rest: Rest & { readonly option?: string } = {},
): XmlAttribute {
  return { name, kind, default: preset, effect: 'later', ...rest }
}

/** What it asks for is always so, or has no counterpart in Node.js; accepted in silence. */
export function moot(names: readonly string[], note: string): XmlAttribute[] {
  return names.map((name) => ({ name, kind: text, default: '–', effect: 'moot', note }))
}

export function renamed(name: string, aliasOf: string): XmlAttribute {
  return { name, kind: text, default: '–', effect: 'acts', aliasOf, note: `now \`${aliasOf}\`` }
}

const threads = 'clowder has no thread pools'
const shell = 'Tomcat’s own administration'

/** What both kinds of connector have, with the default of `connectionTimeout` in which they differ. */
function connections(connectionTimeout: string): XmlAttribute[] {
  return [
    acts('connectionTimeout', integer, connectionTimeout, 'connectionTimeoutMs', { unit: 'ms' }),
    acts('keepAliveTimeout', integer, '`connectionTimeout`', 'keepAliveTimeoutMs', { unit: 'ms' }),
    acts('maxConnections', integer, '8192', 'maxConnections'),
    acts('acceptCount', { is: 'integer', min: 0 }, '100', 'acceptCount'),
  ]
}

export const tomcatElements: readonly XmlElement[] = [
  { element: 'Server', effect: 'acts', attributes: moot(['port', 'shutdown', 'address', 'utilityThreads'], shell) },
  { element: 'Service', effect: 'acts', attributes: moot(['name'], shell) },
  {
    element: 'Engine',
    effect: 'acts',
    attributes: [
      acts('name', text, 'required', 'engineName'),
      acts('defaultHost', text, 'required', 'defaultHost'),
      acts('jvmRoute', text, 'none', 'jvmRoute'),
      ...moot(['backgroundProcessorDelay', 'startStopThreads'], threads),
    ],
  },
  {
    element: 'Host',
    effect: 'acts',
    note: 'its name only; the application comes with `--app`',
    attributes: [
      acts('name', text, 'required', 'name'),
      ...moot(
        [
          ...[
            'appBase',
            'xmlBase',
            'workDir',
            'unpackWARs',
            'autoDeploy',
            'deployOnStartup',
            'deployXML',
            'createDirs',
          ],
          ...['backgroundProcessorDelay', 'startStopThreads', 'xmlValidation', 'xmlNamespaceAware'],
        ],
        'the application comes with `--app`',
      ),
    ],
  },
  {
    element: 'Context',
    effect: 'acts',
    attributes: [
      acts('sessionTimeout', integer, '30', 'timeoutMs', { unit: 'min' }),
      acts('sessionCookieName', text, '`JSESSIONID`', 'cookieName'),
      acts('sessionCookiePath', text, 'the context path', 'cookiePath'),
      acts('sessionCookieDomain', text, '–', 'cookieDomain'),
      acts('useHttpOnly', boolean, 'true', 'httpOnly'),
      later('cookies', boolean, 'true'),
      later('sessionCookiePathUsesTrailingSlash', boolean, 'false'),
      later('usePartitioned', boolean, 'false'),
      ...moot(
        [
          'path',
          'docBase',
          'reloadable',
          'crossContext',
          'privileged',
          'distributable',
          'antiResourceLocking',
          'workDir',
        ],
        'the application comes with `--app`',
      ),
    ],
  },
  {
    element: 'Connector',
    effect: 'acts',
    note: 'protocol `HTTP/1.1` or one of its class names',
    attributes: [
      acts('port', { is: 'integer', min: -1, max: 65_535 }, 'required', 'port', { note: '0 = any; -1 = off' }),
      acts('address', host, 'all addresses', 'address'),
      acts('protocol', text, '`HTTP/1.1`', 'protocol'),
      ...connections('60000'),
      acts('maxKeepAliveRequests', integer, '100', 'maxKeepAliveRequests'),
      acts('maxHttpRequestHeaderSize', { is: 'integer', min: 1 }, '`maxHttpHeaderSize`', 'maxHeaderBytes', {
        unit: 'bytes',
      }),
      acts('maxHttpHeaderSize', { is: 'integer', min: 1 }, '8192', 'maxHeaderBytes', { unit: 'bytes' }),
      {
        name: 'SSLEnabled',
        kind: boolean,
        default: 'false',
        effect: 'acts',
        note: 'true: the connector is not opened',
      },
      ...connectorRest(),
    ],
  },
  {
    element: 'Connector (AJP)',
    effect: 'acts',
    note: 'protocol `AJP/1.3` or one of its class names; without a `secret` it is an error unless `secretRequired` is false',
    attributes: [
      acts('port', { is: 'integer', min: -1, max: 65_535 }, 'required', 'port', { note: '0 = any; -1 = off' }),
      acts('address', host, 'loopback', 'address'),
      acts('protocol', text, '–', 'protocol'),
      ...connections('-1 = none'),
      acts('secret', text, '–', 'secret'),
      renamed('requiredSecret', 'secret'),
      acts('secretRequired', boolean, 'true', 'secretRequired'),
      acts('packetSize', { is: 'integer', min: 8192, max: 65_536 }, '8192', 'packetSize', { unit: 'bytes' }),
      acts('maxHeaderCount', { is: 'integer', min: 1, max: 65_535 }, '100', 'maxHeaderCount'),
      acts('allowedRequestAttributesPattern', { is: 'pattern' }, 'none', 'allowedRequestAttributesPattern', {
        note: 'the whole name has to match',
      }),
      acts('tomcatAuthentication', boolean, 'true', 'tomcatAuthentication', {
        note: 'false: the user that the web server names is believed',
      }),
      acts('tomcatAuthorization', boolean, 'false', 'tomcatAuthorization', { note: 'true: the same' }),
      later('ajpFlush', boolean, 'true'),
      ...moot(['processorCache'], threads),
      ...moot(['clientCertProvider'], 'Node.js reads certificates'),
      ...moot(['useIPVHosts'], 'there is one host'),
      ...moot(
        ['encodedSolidusHandling', 'encodedReverseSolidusHandling', 'allowBackslash'],
        'the application sees the URI as the browser wrote it',
      ),
      ...connectorRest().filter(({ name }) => name !== 'maxHeaderCount'),
    ],
  },
]

/** Attributes of both kinds of connector that reach no option. */
function connectorRest(): XmlAttribute[] {
  return [
    ...['scheme', 'proxyName', 'server'].map((name) => later(name, text, '–')),
    ...['secure', 'compression', 'allowTrace', 'xpoweredBy', 'rejectIllegalHeader'].map((name) =>
      later(name, text, '–'),
    ),
    ...['proxyPort', 'maxPostSize', 'maxParameterCount', 'maxHeaderCount', 'maxSwallowSize', 'asyncTimeout'].map(
      (name) => later(name, integer, '–'),
    ),
    ...moot(
      ['executor', 'maxThreads', 'minSpareThreads', 'maxSpareThreads', 'acceptorThreadCount', 'threadPriority'],
      threads,
    ),
    ...moot(['redirectPort'], 'used by web.xml constraints only'),
    ...moot(['URIEncoding', 'useBodyEncodingForURI'], 'the application decodes its URIs; UTF-8 is the rule'),
    ...moot(
      ['enableLookups', 'disableUploadTimeout', 'connectionUploadTimeout', 'tcpNoDelay', 'bindOnInit'],
      'always so',
    ),
  ]
}
