/** How members find each other, in the words of the file -> in those of the channel. Pure. */
import type { MembershipOptions } from '../cluster/index.ts'
import { given } from './given.ts'
import type { CloudFileOptions, KubernetesFileOptions, MembershipFileOptions } from './options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Bits of `channelStartOptions`: hear members, announce oneself. */
const MEMBERSHIP_BITS = 4 | 8
/** Tomcat asks for one second each. */
const CLOUD_TIMEOUT_MS = 1000

export function membershipOptions(
  file: MembershipFileOptions | undefined,
  channelStartOptions: number | undefined,
  env: Environment,
): readonly MembershipOptions[] {
  if (file === undefined || ((channelStartOptions ?? MEMBERSHIP_BITS) & MEMBERSHIP_BITS) === 0) return []
  switch (file.kind) {
    case 'static':
      return []
    case 'multicast': {
      const { kind, domain: _ofTheMember, ...rest } = file
      return [{ type: kind, ...rest }]
    }
    case 'cloud':
      return [cloud(file, env)]
    case 'dns':
    case 'seeds': {
      const { kind, ...rest } = file
      return [{ type: kind, ...rest } as MembershipOptions]
    }
    case 'kubernetes':
      return [kubernetes(file)]
  }
}

function kubernetes({ kind, port, portName, ...rest }: KubernetesFileOptions): MembershipOptions {
  return { type: kind, ...rest, ...given('port', portName ?? port) }
}

/** The variables that Tomcat's providers read, in their order (tomcat-cluster.md 1.6). */
function cloud({ provider, connectTimeoutMs, readTimeoutMs }: CloudFileOptions, env: Environment): MembershipOptions {
  const first = (...names: string[]) => names.map((name) => env[name]).find((value) => value !== undefined)
  /** `OPENSHIFT_KUBE_PING_X` goes before the plain name. */
  const either = (special: string, plain: string) => first(`OPENSHIFT_KUBE_PING_${special}`, plain)
  if (provider === 'dns') {
    const name = first('DNS_MEMBERSHIP_SERVICE_NAME', 'OPENSHIFT_KUBE_PING_NAMESPACE', 'KUBERNETES_NAMESPACE')
    return { type: 'dns', name: name ?? 'tomcat' }
  }
  const namespace = either('NAMESPACE', 'KUBERNETES_NAMESPACE')
  const labelSelector = either('LABELS', 'KUBERNETES_LABELS')
  const tokenFile = either('SA_TOKEN_FILE', 'SA_TOKEN_FILE')
  const caFile = either('CA_CERT_FILE', 'KUBERNETES_CA_CERTIFICATE_FILE')
  const host = either('MASTER_HOST', 'KUBERNETES_SERVICE_HOST')
  const protocol = either('MASTER_PROTOCOL', 'KUBERNETES_MASTER_PROTOCOL') ?? 'https'
  const port = either('MASTER_PORT', 'KUBERNETES_SERVICE_PORT') ?? '443'
  const apiUrl = host === undefined ? undefined : `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    type: 'kubernetes',
    timeoutMs: (connectTimeoutMs ?? CLOUD_TIMEOUT_MS) + (readTimeoutMs ?? CLOUD_TIMEOUT_MS),
    ...given('namespace', namespace),
    ...given('labelSelector', labelSelector),
    ...given('tokenFile', tokenFile),
    ...given('caFile', caFile),
    ...given('apiUrl', apiUrl),
  }
}
