/**
 * Whether a request may reach the application (ajp13.md 6.2 and 7.4): it knows the secret, brings no attribute that nobody
 * allowed, and asks for no tunnel. Decided before anything is built that the application could see.
 */
import { timingSafeEqual } from 'node:crypto'
import {
  AjpError,
  decodeForwardRequest,
  type ForwardRequest,
  type HeaderMemory,
  METHODS,
  STANDARD_NAMES,
} from '../ajp/index.ts'
import { ConnectorError } from './errors.ts'

export type Gate = (request: ForwardRequest) => ConnectorError | undefined

/** Who keeps the gate, and how many headers may pass. */
interface Gatekeeper {
  readonly gate: Gate
  readonly options: { readonly maxHeaderCount: number }
}

/** The request, or why it is to be answered with an error. Throws what cannot be answered: nobody knows what it was. */
export function admit(
  payload: Buffer,
  { gate, options }: Gatekeeper,
  memory: HeaderMemory,
): ForwardRequest | AjpError | ConnectorError {
  try {
    const request = decodeForwardRequest(payload, options.maxHeaderCount, memory)
    return gate(request) ?? request
  } catch (error) {
    if (error instanceof AjpError && error.status !== undefined) return error
    throw error
  }
}

/** Also of a request that could not be read. */
export function isHead(payload: Buffer): boolean {
  return METHODS[payload[1] ?? 0] === 'HEAD'
}

export function createGate(secret: string | undefined, allowedAttributes: RegExp | undefined): Gate {
  const knowsSecret = secret === undefined ? undefined : secretCheck(secret)
  return ({ method, attributes }) => {
    if (knowsSecret !== undefined && !knowsSecret(attributes.secret)) {
      return new ConnectorError('CONNECTOR_SECRET', attributes.secret === null ? 'none' : 'another one')
    }
    const { named } = attributes
    for (let i = 0; i < named.length; i += 2) {
      const name = named[i]!
      if (STANDARD_NAMES.has(name) || allowedAttributes?.test(name) === true) continue
      return new ConnectorError('CONNECTOR_ATTRIBUTE', name.slice(0, 100))
    }
    return method === 'CONNECT' ? new ConnectorError('CONNECTOR_CONNECT') : undefined
  }
}

/**
 * Takes as long for a secret that is nearly right as for any other: what came is laid over a field of zeros as long as the
 * secret, and compared as a whole (Tomcat compared byte by byte until CVE-2026-43514). A digest of both would do the same
 * for 2 µs per request.
 */
export function secretCheck(secret: string): (given: string | null) => boolean {
  const wanted = Buffer.from(secret, 'latin1')
  const field = Buffer.alloc(wanted.length)
  return (given) => {
    field.fill(0)
    if (given !== null) field.write(given, 0, field.length, 'latin1')
    const isEqual = timingSafeEqual(field, wanted)
    field.fill(0)
    return isEqual && given !== null && given.length === wanted.length
  }
}
