import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { membershipOptions } from './membership-options.ts'
import type { MembershipFileOptions } from './options.ts'

describe('how members find each other', () => {
  const id = Uint8Array.of(1)
  const env = {
    KUBERNETES_NAMESPACE: 'shop',
    OPENSHIFT_KUBE_PING_LABELS: 'app=shop',
    KUBERNETES_LABELS: 'app=other',
    KUBERNETES_SERVICE_HOST: 'fd00::1',
    KUBERNETES_SERVICE_PORT: '6443',
  }
  const rows: [rule: string, file: MembershipFileOptions | undefined, start: number | undefined, expected: unknown][] =
    [
      ['nothing is said: members are listed', undefined, undefined, []],
      ['static: members are listed', { kind: 'static' }, 15, []],
      ['multicast', { kind: 'multicast', ttl: 2, domain: id }, 15, [{ type: 'multicast', ttl: 2 }]],
      ['multicast without the bits for it', { kind: 'multicast' }, 3, []],
      ['a name', { kind: 'dns', name: 'w', srv: true }, undefined, [{ type: 'dns', name: 'w', srv: true }]],
      ['seeds', { kind: 'seeds', seeds: [] }, undefined, [{ type: 'seeds', seeds: [] }]],
      [
        'a service with the name of a port',
        { kind: 'kubernetes', service: 's', port: 1, portName: 'channel' },
        undefined,
        [{ type: 'kubernetes', service: 's', port: 'channel' }],
      ],
      ['Tomcat’s DNS provider', { kind: 'cloud', provider: 'dns' }, 15, [{ type: 'dns', name: 'shop' }]],
      [
        'Tomcat’s Kubernetes provider',
        { kind: 'cloud', provider: 'kubernetes', readTimeoutMs: 500 },
        15,
        [
          {
            type: 'kubernetes',
            timeoutMs: 1500,
            namespace: 'shop',
            labelSelector: 'app=shop',
            apiUrl: 'https://[fd00::1]:6443',
          },
        ],
      ],
    ]
  for (const [rule, file, start, expected] of rows) {
    test(rule, () => assert.deepEqual(membershipOptions(file, start, env), expected))
  }
})
