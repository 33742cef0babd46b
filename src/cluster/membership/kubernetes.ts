/**
 * Members from the API of Kubernetes: the pods of a namespace that a selector matches (Tomcat:
 * `KubernetesMembershipProvider`, tomcat-cluster.md 1.6), or the endpoints of a service. Pods that are not ready yet are
 * named, too: members have to find each other before they can say that they are.
 */
import { readFile } from 'node:fs/promises'
import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { parseAddress } from '../address.ts'
import type { Endpoint } from '../member.ts'
import { PolledSource } from './polled-source.ts'
import type { MembershipGroup, MembershipSource } from './source.ts'

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** An answer of the API; some thousand pods. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

export interface KubernetesMembershipOptions {
  readonly type: 'kubernetes'
  /** Names the endpoints of this service (EndpointSlices); without one the pods are listed. */
  readonly service?: string
  /** `app=shop,tier=web`. With a service it narrows its slices down. Default all pods of the namespace. */
  readonly labelSelector?: string
  /** Default that of the service account. */
  readonly namespace?: string
  /** Of all members: a number, or with a service the name of one of its ports. Default this node's. */
  readonly port?: number | string
  /** Default `https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT`. */
  readonly apiUrl?: string
  /** Read again for every question: Kubernetes changes it every hour. Default that of the service account. */
  readonly tokenFile?: string
  /** Default that of the service account. */
  readonly caFile?: string
  /** Pause between questions. Ms, default 5000 (the heartbeat on which Tomcat asks). */
  readonly intervalMs?: number
  /** For one question. Ms, default 2000 (Tomcat: `connectTimeout` and `readTimeout`, 1000 each). */
  readonly timeoutMs?: number
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export function kubernetesSource(options: KubernetesMembershipOptions): MembershipSource {
  const { service, intervalMs = 5000, timeoutMs = 2000 } = options
  return new PolledSource({
    name: service === undefined ? 'kubernetes pods' : `kubernetes service ${service}`,
    intervalMs,
    timeoutMs,
    look: async (group, signal) => {
      const answer = await ask(options, signal)
      const found = service === undefined ? podsOf(answer) : endpointsOf(answer, options.port)
      return withPort(found, options.port, group)
    },
  })
}

/** An address, and the port where the API tells one. */
export interface Named {
  readonly address: string
  readonly port: number | undefined
}

/** Addresses of a PodList (core/v1): pods that run, or have their address already, and are not over. */
export function podsOf(answer: unknown): Named[] {
  return itemsOf(answer).flatMap((pod): Named[] => {
    const status = objectAt(pod, 'status')
    const address = status.podIP
    const over = status.phase === 'Succeeded' || status.phase === 'Failed'
    return typeof address === 'string' && !over ? [{ address, port: undefined }] : []
  })
}

/** Addresses of an EndpointSliceList (discovery.k8s.io/v1), with the port of that name if there is one. */
export function endpointsOf(answer: unknown, portName: number | string | undefined): Named[] {
  return itemsOf(answer).flatMap((slice): Named[] => {
    const named = listAt(slice, 'ports').find((port) => port.name === portName)?.port
    const port = typeof portName === 'string' && typeof named === 'number' ? named : undefined
    if (typeof portName === 'string' && port === undefined) return []
    return listAt(slice, 'endpoints').flatMap((endpoint) => {
      const addresses = endpoint.addresses
      const texts = Array.isArray(addresses) ? addresses.filter((text) => typeof text === 'string') : []
      return texts.map((address) => ({ address, port }))
    })
  })
}

function withPort(
  found: readonly Named[],
  port: number | string | undefined,
  group: MembershipGroup,
): readonly Endpoint[] {
  const local = group.local()
  return found.flatMap(({ address, port: own }) => {
    const host = parseAddress(address)
    // A service of both families lists each member twice.
    if (host === undefined || host.length !== local.host.length) return []
    return [{ host, port: own ?? (typeof port === 'number' ? port : local.port) }]
  })
}

async function ask(options: KubernetesMembershipOptions, signal: AbortSignal): Promise<unknown> {
  const env = options.env ?? process.env
  const namespace = options.namespace ?? (await readFile(`${ACCOUNT}/namespace`, 'utf8')).trim()
  const token = (await readFile(options.tokenFile ?? `${ACCOUNT}/token`, 'utf8')).trim()
  const url = new URL(pathOf(options, namespace), options.apiUrl ?? apiOf(env))
  // A token must not travel in the clear, except to this machine (a proxy beside the process).
  const local = url.hostname === '127.0.0.1' || url.hostname === '[::1]' || url.hostname === 'localhost'
  if (url.protocol !== 'https:' && !local) throw new Error(`${url.origin} would be told the token in the clear`)
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
  if (url.protocol !== 'https:') return await json(plainRequest(url, { headers, signal, agent: false }))
  const ca = await readFile(options.caFile ?? `${ACCOUNT}/ca.crt`)
  return await json(tlsRequest(url, { headers, signal, ca, agent: false }))
}

function apiOf(env: Readonly<Record<string, string | undefined>>): string {
  const host = env.KUBERNETES_SERVICE_HOST
  if (host === undefined) throw new Error('KUBERNETES_SERVICE_HOST is not set: this is no pod, set apiUrl')
  const literal = host.includes(':') ? `[${host}]` : host
  return `https://${literal}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`
}

function pathOf({ service, labelSelector }: KubernetesMembershipOptions, namespace: string): string {
  const within = `namespaces/${encodeURIComponent(namespace)}`
  const ofService = service === undefined ? [] : [`kubernetes.io/service-name=${service}`]
  const selector = [...ofService, ...(labelSelector === undefined ? [] : [labelSelector])].join()
  const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`
  if (service === undefined) return `/api/v1/${within}/pods${query}`
  return `/apis/discovery.k8s.io/v1/${within}/endpointslices${query}`
}

function json(request: ReturnType<typeof plainRequest>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes <= MAX_ANSWER_BYTES) return
        request.destroy(new Error(`the API of Kubernetes answers more than ${MAX_ANSWER_BYTES} bytes`))
      })
      response.on('end', () => {
        try {
          if (response.statusCode !== 200) {
            throw new Error(`the API of Kubernetes answers ${response.statusCode} to ${request.path}`)
          }
          resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      })
    })
    request.end()
  })
}

type Plain = Readonly<Record<string, unknown>>

function itemsOf(answer: unknown): Plain[] {
  if (!isObject(answer) || !Array.isArray(answer.items)) throw new Error('the API of Kubernetes answers no list')
  return answer.items.filter(isObject)
}

function objectAt(from: Plain, key: string): Plain {
  const value = from[key]
  return isObject(value) ? value : {}
}

function listAt(from: Plain, key: string): Plain[] {
  const value = from[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null
}
