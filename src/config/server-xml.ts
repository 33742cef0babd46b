/**
 * server.xml → worker options: Server, Service, Connector, Engine, Host and Context; `<Cluster>` is read by `cluster-xml.ts`.
 * A file may also begin at Service, Engine, Host or Cluster, as in articles and snippets.
 */

import { isLoopback } from '../addresses/index.ts'
import type {
  ClusterFileOptions,
  ConnectorFileOptions,
  SessionFileOptions,
  WorkerFileOptions,
} from '../worker/options.ts'
import { firstVariable } from './brace-variables.ts'
import { readCluster, readLoneManager } from './cluster-xml.ts'
import { type Complaints, shown } from './complaint.ts'
import { didYouMean } from './did-you-mean.ts'
import type { SourceText } from './source-text.ts'
import { tomcatElements, type XmlElement } from './tomcat-attributes.ts'
import { type AttributeValue, XmlReader } from './xml-attributes.ts'
import { type Element, parseXmlDocument } from './xml-document.ts'

/** Options from a server.xml; undefined when it is not well-formed. They are complete only if no complaint is an error. */
export function readServerXml(
  source: SourceText,
  env: Readonly<Record<string, string | undefined>>,
  complaints: Complaints,
): WorkerFileOptions | undefined {
  const root = parseXmlDocument(source, complaints)
  if (root === undefined) return undefined
  const reader = new XmlReader(env, complaints)
  const parts = findParts(root, reader)
  if (parts === undefined) return undefined
  const options = readParts(parts, root, reader)
  const { engine } = parts
  complaints.place(options, engine?.attributes.get('jvmRoute')?.at ?? engine?.at ?? root.at)
  reader.ignored.complain('CONFIG_ELEMENTS_IGNORED', 'not for clowder, ignored', complaints)
  return options
}

interface Parts {
  readonly connectors: readonly Element[]
  readonly engine: Element | undefined
  readonly hosts: readonly Element[]
  readonly cluster: Element | undefined
}

const none: Parts = { connectors: [], engine: undefined, hosts: [], cluster: undefined }

/** What the file has of the tree, from whichever element it begins at. */
function findParts(root: Element, reader: XmlReader): Parts | undefined {
  switch (root.name) {
    case 'Server': {
      reader.attributes(root, row('Server'))
      reader.ignoreOthers(root, ['Service'])
      const service = reader.only(root, 'Service')
      return service === undefined ? none : fromService(service, reader)
    }
    case 'Service':
      return fromService(root, reader)
    case 'Engine':
      return { ...none, engine: root, hosts: root.children.filter(({ name }) => name === 'Host') }
    case 'Host':
      return { ...none, hosts: [root] }
    case 'Cluster':
      return { ...none, cluster: root }
    default: {
      const names = ['Server', 'Service', 'Engine', 'Host', 'Cluster']
      const hint = didYouMean(root.name, names) ?? `known roots: ${names.join(', ')}`
      reader.complaints.add('CONFIG_XML_ROOT', root.at, `<${root.name}>`, 'is not where a server.xml begins', hint)
      return undefined
    }
  }
}

function fromService(service: Element, reader: XmlReader): Parts {
  reader.attributes(service, row('Service'))
  reader.ignoreOthers(service, ['Connector', 'Engine'])
  const engine = reader.only(service, 'Engine')
  return {
    ...none,
    connectors: service.children.filter(({ name }) => name === 'Connector'),
    engine,
    hosts: engine?.children.filter(({ name }) => name === 'Host') ?? [],
  }
}

function readParts({ connectors, engine, hosts, cluster }: Parts, root: Element, reader: XmlReader): WorkerFileOptions {
  const values = engine === undefined ? {} : reader.attributes(engine, row('Engine'))
  if (engine !== undefined) reader.ignoreOthers(engine, ['Cluster', 'Host'])
  const jvmRoute = engine === undefined ? undefined : readRoute(values, engine, reader)
  const host = chooseHost(hosts, values.defaultHost, engine, reader)
  const context = host === undefined ? undefined : reader.only(host, 'Context')
  const manager = context?.children.find(({ name }) => name === 'Manager')
  const opened = connectors
    .map((connector) => {
      const options = readConnector(connector, reader)
      if (options !== undefined) reader.complaints.place(options, connector.at)
      return options
    })
    .filter((connector) => connector !== undefined)
  if (opened.length === 0) {
    const message = 'no Connector can be opened; the program decides where to listen'
    reader.complaints.add('CONFIG_CONNECTOR_NONE', root.at, `<${root.name}>`, message)
  }
  const clusterOptions = findCluster({ connectors, engine, hosts, cluster }, manager, reader)
  if (clusterOptions === undefined && manager !== undefined) readLoneManager(manager, reader)
  return {
    name: jvmRoute ?? (typeof values.engineName === 'string' ? values.engineName : 'worker'),
    ...(jvmRoute === undefined ? {} : { jvmRoute }),
    ...(typeof values.defaultHost === 'string' ? { defaultHost: values.defaultHost } : {}),
    connectors: opened,
    ...(clusterOptions === undefined ? {} : { cluster: clusterOptions }),
    session: context === undefined ? {} : readSession(context, reader),
  }
}

/** The route becomes part of a cookie, and is compared with the balancer's. */
function readRoute(values: Record<string, AttributeValue>, engine: Element, reader: XmlReader): string | undefined {
  const { jvmRoute } = values
  if (typeof jvmRoute !== 'string' || /^[A-Za-z0-9_.-]+$/.test(jvmRoute)) return jvmRoute as string | undefined
  const variable = firstVariable(jvmRoute)
  const hint =
    variable === undefined ? 'use letters, digits, - and _' : `set ${shown(variable).slice(1, -1)} in the environment`
  const at = engine.attributes.get('jvmRoute')?.at ?? engine.at
  reader.complaints.add('CONFIG_VALUE_REFUSED', at, 'Engine.jvmRoute', `${shown(jvmRoute)} cannot be a route`, hint)
  return undefined
}

/** The Host that answers for unknown names is the one whose Context is read. */
function chooseHost(
  hosts: readonly Element[],
  defaultHost: AttributeValue | undefined,
  engine: Element | undefined,
  reader: XmlReader,
): Element | undefined {
  for (const host of hosts) {
    reader.attributes(host, row('Host'))
    reader.ignoreOthers(host, ['Cluster', 'Context', 'Alias'])
  }
  const chosen = hosts.find((host) => host.attributes.get('name')?.value === defaultHost)
  if (chosen === undefined && hosts.length > 0 && engine !== undefined && typeof defaultHost === 'string') {
    const at = engine.attributes.get('defaultHost')?.at ?? engine.at
    const message = `${shown(defaultHost)} is no Host of this Engine`
    const names = hosts.map((host) => host.attributes.get('name')?.value ?? '')
    reader.complaints.add('CONFIG_HOST_NAME', at, 'Engine.defaultHost', message, () => didYouMean(defaultHost, names))
  }
  return chosen ?? hosts[0]
}

function findCluster(
  { engine, hosts, cluster }: Parts,
  contextManager: Element | undefined,
  reader: XmlReader,
): ClusterFileOptions | undefined {
  const found: { element: Element; scope: ClusterFileOptions['scope'] }[] = []
  if (cluster !== undefined) found.push({ element: cluster, scope: 'engine' })
  for (const container of engine === undefined ? hosts : [engine, ...hosts]) {
    for (const element of container.children) {
      if (element.name === 'Cluster') found.push({ element, scope: container === engine ? 'engine' : 'host' })
    }
  }
  const [first, ...more] = found
  for (const { element } of more) {
    const message = `only the first counts (line ${first!.element.at.line})`
    reader.complaints.add('CONFIG_ELEMENT_REPEATED', element.at, '<Cluster>', message)
  }
  return first === undefined ? undefined : readCluster(first.element, first.scope, contextManager, reader)
}

function readSession(context: Element, reader: XmlReader): SessionFileOptions {
  reader.ignoreOthers(context, ['Manager'])
  const session = reader.attributes(context, row('Context')) as SessionFileOptions
  const name = session.cookieName
  if (name !== undefined && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    const at = context.attributes.get('sessionCookieName')?.at ?? context.at
    const message = `${shown(name)} cannot be the name of a cookie`
    reader.complaints.add('CONFIG_VALUE_REFUSED', at, 'Context.sessionCookieName', message)
  }
  return session
}

/** Protocol names and the classes behind them. */
const httpProtocol = /^(HTTP\/1\.1|org\.apache\.coyote\.http11\.Http11(Nio2?|Apr)?Protocol)$/i
const ajpProtocol = /^(AJP\/1\.3|org\.apache\.coyote\.ajp\.Ajp(Nio2?|Apr)?Protocol)$/i

function readConnector(element: Element, reader: XmlReader): ConnectorFileOptions | undefined {
  const given = reader.text(element, 'protocol')
  const protocol =
    given === undefined || httpProtocol.test(given.value) ? 'http' : ajpProtocol.test(given.value) ? 'ajp' : undefined
  if (protocol === undefined) {
    const { at, directive, value } = given!
    reader.complaints.add(
      'CONFIG_VALUE_REFUSED',
      at,
      directive,
      `${shown(value)} is no protocol`,
      'write HTTP/1.1 or AJP/1.3',
    )
    return undefined
  }
  reader.ignoreOthers(element, [])
  const ajp = protocol === 'ajp'
  const values = reader.attributes(element, row(ajp ? 'Connector (AJP)' : 'Connector')) as Partial<ConnectorFileOptions>
  const { port } = values
  const tls = !ajp && reader.text(element, 'SSLEnabled')?.value.toLowerCase() === 'true'
  if (port === undefined) {
    if (!element.attributes.has('port')) {
      reader.complaints.add('CONFIG_ATTRIBUTE_MISSING', element.at, 'Connector', 'has no port')
    }
    return undefined
  }
  if (port === -1 || tls) {
    const message = tls ? 'clowder does not open TLS connectors yet' : 'port -1 switches it off'
    reader.complaints.add('CONFIG_CONNECTOR_SKIPPED', element.at, 'Connector', message)
    return undefined
  }
  if (ajp) checkSecret(element, values, reader.complaints)
  return { ...values, protocol, port }
}

/** What AJP can carry as a secret. */
const ajpText = /^[\x20-\x7e\xa0-\xff]*$/
const maxSecretChars = 1024

/** Tomcat's rule since Ghostcat (CVE-2020-1938): no AJP connector without a secret, unless it is written that none is wanted. */
function checkSecret(element: Element, values: Partial<ConnectorFileOptions>, complaints: Complaints): void {
  const { secret, secretRequired = true, address } = values
  const { at } = element.attributes.get('secret') ?? element.attributes.get('requiredSecret') ?? element
  if (secret !== undefined) {
    if (ajpText.test(secret) && secret.length <= maxSecretChars) return
    // What it is stays secret.
    const message = `has more than ${maxSecretChars} characters, or one outside of ISO-8859-1, or a control character`
    complaints.add('CONFIG_VALUE_REFUSED', at, 'Connector.secret', message)
  } else if (secretRequired) {
    const hint =
      'write secret="…" here and worker.NAME.secret=… for the balancer, or, on loopback, secretRequired="false"'
    complaints.add('CONFIG_SECRET_MISSING', at, 'Connector', 'AJP without a secret', hint)
  } else if (address !== undefined && !isLoopback(address)) {
    const { at } = element.attributes.get('address')!
    const message = `whoever reaches ${shown(address)} can pose as any user`
    complaints.add(
      'CONFIG_CONNECTOR_EXPOSED',
      at,
      'Connector.address',
      message,
      'write secret="…", or start with --insecure',
    )
  }
}

function row(name: string): XmlElement {
  return tomcatElements.find(({ element }) => element === name)!
}
