/** What the Node application sees of the web server besides HTTP: `req.ajp`, in the names that probe.jsp uses. */
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type {} from '../../src/connector/index.ts'

/** As in probe.jsp. */
const ATTRIBUTES = ['CLOWDER_SEEN', 'CLOWDER_PRESET', 'CLOWDER_EMPTY', 'CLOWDER_UNSET']

export function ajpFacts({ ajp }: IncomingMessage): Map<string, string> {
  const facts = new Map<string, string>()
  if (ajp === undefined) return facts
  const note = (name: string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined) facts.set(name, String(value))
  }
  facts.set('remoteUser', String(ajp.remoteUser))
  facts.set('authType', String(ajp.authType))
  note('activation', ajp.activation)
  for (const name of ATTRIBUTES) note(`attribute.${name}`, ajp.attributes.get(name))
  note('tls.cipher', ajp.tls?.cipher)
  note('tls.keySize', ajp.tls?.keySize)
  note('tls.session', ajp.tls?.sessionId)
  note('tls.protocol', ajp.tls?.protocol)
  if (ajp.tls?.clientCertificate) {
    const { serialNumber } = new X509Certificate(ajp.tls.clientCertificate)
    facts.set('tls.certificates', serialNumber.toLowerCase().replace(/^0+/, ''))
  }
  return facts
}
