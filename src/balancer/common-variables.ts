/**
 * Variables that httpd makes of every request for CGI programs, and mod_jk of what JkEnvVar names (`ap_add_common_vars`;
 * seen on httpd 2.4.71). They count more than a SetEnv of the same name. The method, the target and the query are none of
 * them: a worker knows these anyway. What httpd tells of itself (PATH, SERVER_SOFTWARE, SCRIPT_FILENAME, …) is not made.
 */
import { asBytes } from './as-bytes.ts'
import type { Exchange } from './exchange.ts'
import { splitHost } from './split-host.ts'

type Read = (exchange: Exchange) => string | undefined

const known: Readonly<Record<string, Read>> = {
  REMOTE_ADDR: ({ client }) => client.address,
  REMOTE_PORT: ({ client }) => String(client.port),
  REMOTE_USER: ({ user }) => (user === undefined ? undefined : asBytes(user)),
  AUTH_TYPE: ({ user }) => (user === undefined ? undefined : 'Basic'),
  REQUEST_SCHEME: ({ client }) => (client.encrypted ? 'https' : 'http'),
  SERVER_ADDR: ({ client }) => client.localAddress,
  SERVER_NAME: ({ host }) => splitHost(host).name,
  SERVER_PORT: ({ host, client }) => String(splitHost(host).port ?? client.localPort),
  CONTENT_TYPE: fieldReader('CONTENT_TYPE'),
  CONTENT_LENGTH: fieldReader('CONTENT_LENGTH'),
}

/** Credentials are for who checks them, and `Proxy` would be taken for a setting (CVE-2016-5387). */
const withheld = new Set(['AUTHORIZATION', 'PROXY_AUTHORIZATION', 'PROXY', 'CONTENT_TYPE', 'CONTENT_LENGTH'])

/** How to read a variable of this name; undefined: it is none of these. */
export function commonVariable(name: string): Read | undefined {
  if (Object.hasOwn(known, name)) return known[name]
  if (!name.startsWith('HTTP_') || withheld.has(name.slice('HTTP_'.length))) return undefined
  return fieldReader(name.slice('HTTP_'.length))
}

/** `X_FOO` is the field X-Foo; several of a name are one, as httpd joins them. */
function fieldReader(variable: string): Read {
  return ({ fields: { names, values } }) => {
    let text: string | undefined
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!
      if (name.length !== variable.length || name.toUpperCase().replace(/[^A-Z0-9]/g, '_') !== variable) continue
      text = text === undefined ? values[i]! : `${text}${variable === 'COOKIE' ? '; ' : ', '}${values[i]!}`
    }
    return text
  }
}
