/** The variables of the arrangements, for httpd as directives and for our balancer as options. */
import type { VirtualHostOptions } from '../../src/balancer/index.ts'

/** By what the path holds. */
const rules: readonly (readonly [path: string, sets: Readonly<Record<string, string>>])[] = [
  ['/env', { CLOWDER_SEEN: 'yes' }],
  [
    '/env/told',
    {
      JK_REMOTE_ADDR: '198.51.100.7',
      JK_REMOTE_PORT: '4711',
      JK_REMOTE_USER: 'tom',
      JK_AUTH_TYPE: 'CLIENT_CERT',
      JK_LOCAL_NAME: 'inner.example',
      JK_LOCAL_PORT: '8443',
      JK_LOCAL_ADDR: '192.0.2.9',
    },
  ],
  ['/env/none', { JK_REMOTE_USER: '', JK_AUTH_TYPE: '' }],
  [
    '/env/tls',
    {
      HTTPS: 'on',
      SSL_CIPHER: 'TLS_AES_256_GCM_SHA384',
      SSL_SESSION_ID: 'c0ffee',
      SSL_CIPHER_USEKEYSIZE: '256',
      SSL_PROTOCOL: 'TLSv1.3',
    },
  ],
  ['/env/route', { JK_ROUTE: 'told' }],
]
const always = { CLOWDER_EMPTY: '' }
const attributes: readonly (readonly [name: string, otherwise: string | null])[] = [
  ['CLOWDER_SEEN', null],
  ['CLOWDER_PRESET', 'preset'],
  ['CLOWDER_EMPTY', 'unused'],
  ['CLOWDER_UNSET', null],
]

export function variableDirectives(): string[] {
  return [
    ...rules.map(([path, sets]) => `SetEnvIf Request_URI ${path}() ${assignments(sets)}`),
    ...Object.entries(always).map(([name, value]) => `SetEnv ${name} "${value}"`),
  ]
}

/** `name=` is 1 to SetEnvIf: a group that finds nothing is empty. */
function assignments(sets: Readonly<Record<string, string>>): string {
  return Object.entries(sets)
    .map(([name, value]) => `${name}=${value || '$1'}`)
    .join(' ')
}

export function attributeDirectives(): string[] {
  return attributes.map(([name, otherwise]) => `JkEnvVar ${name}${otherwise === null ? '' : ` ${otherwise}`}`)
}

export const variableOptions: Pick<VirtualHostOptions, 'env' | 'telling'> = {
  env: [
    ...rules.map(([path, sets]) => ({ when: { of: 'path', matches: path } as const, sets: Object.entries(sets) })),
    { sets: Object.entries(always) },
  ],
  telling: { attributes },
}
