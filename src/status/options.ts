/** What a status page can be told, and what it says of itself if it is not. */
import type { StatusWorkerOptions } from '../balancer/options.ts'
import { compileRating, type RateMember } from './rating.ts'

export interface StatusOptions {
  /** Stylesheet of the HTML page; empty for none. mod_jk `css`. */
  readonly css: string
  /** Forbids edit, update, reset and recover. */
  readonly readOnly: boolean
  /** Users who may; empty for everyone. */
  readonly users: readonly string[]
  readonly usersIgnoreCase: boolean
  readonly rate: RateMember
  /** First part of keys in properties format. */
  readonly prefix: string
  /** Prefix of XML elements; empty for none. */
  readonly ns: string
  /** The attribute that declares it; empty for none. */
  readonly xmlns: string
  /** A line after the XML declaration; empty for none. */
  readonly doctype: string
  /** What `cmd=dump` shows; empty where the configuration was never written down. */
  readonly properties: readonly (readonly [name: string, value: string])[]
  /** The server software, as jk-status shows it. */
  readonly webServer: string
  /** In the shape `mod_jk/1.2.x`, which scripts parse; tells them whose keys and words they meet. */
  readonly jkVersion: string
}

type Given = Partial<Omit<StatusOptions, 'rate'> & Omit<StatusWorkerOptions, 'type'>>

/** The version whose answers ours were compared with. */
const JK_VERSION = 'mod_jk/1.2.48'

/** Takes the options of a status worker, with what its balancer knows besides. Defaults: mod_jk.md 1.4, status worker. */
export function resolveOptions(given: Given): StatusOptions {
  const { good = ['a.o', 'a.i', 'a.b', 'a.r'], bad = ['s', 'e'] } = given
  return Object.freeze({
    css: given.css ?? '',
    readOnly: given.readOnly ?? false,
    users: given.users ?? [],
    usersIgnoreCase: given.usersIgnoreCase ?? false,
    rate: compileRating({ good, bad }),
    prefix: given.prefix ?? 'worker',
    ns: unlessMinus(given.ns ?? 'jk:'),
    xmlns: unlessMinus(given.xmlns ?? 'xmlns:jk="http://tomcat.apache.org"'),
    doctype: given.doctype ?? '',
    properties: given.properties ?? [],
    webServer: given.webServer ?? `clowder ${JK_VERSION}`,
    jkVersion: given.jkVersion ?? JK_VERSION,
  })
}

/** What begins with a minus stands for nothing at all. */
function unlessMinus(text: string): string {
  return text.startsWith('-') ? '' : text
}
