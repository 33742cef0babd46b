/**
 * Who may ask for a path: the access rules of `<Location>` sections. Rules see cleaned paths (`path.ts`), so that
 * `//jkstatus;x` cannot go round the rules for `/jkstatus` (CVE-2018-11759).
 *
 * A section holds for its path and everything below it (httpd core `ap_location_walk`: `/private` is not `/privately`;
 * with a trailing slash only what is below). Of several sections that hold, the last one written decides alone: httpd
 * merges them in order, and access rules have no merging of their own, so the later override the earlier
 * (mod_access_compat: "dir merger --- default is to override"; mod_authz_core: `AuthMerging Off`).
 */
import { type AddressCheck, compileNetworks, isAddress } from './networks.ts'
import type { AccessRule } from './options.ts'

export interface Access {
  /** Who may ask for a cleaned path; undefined: no section speaks of it, so everyone. */
  checkFor(path: string): AddressCheck | undefined
  isAllowed(path: string, address: string): boolean
}

interface Section {
  /** The location without a trailing slash; `/` becomes empty. */
  readonly prefix: string
  /** The location itself is not meant, only what is below. */
  readonly onlyBelow: boolean
  readonly check: AddressCheck
}

const SLASH = 0x2f

export function compileAccess(rules: readonly AccessRule[]): Access {
  const lastFirst = rules.map(compileSection).reverse()
  const checkFor = (path: string): AddressCheck | undefined => lastFirst.find((section) => holds(section, path))?.check
  return { checkFor, isAllowed: (path, address) => checkFor(path)?.(address) ?? true }
}

function compileSection(rule: AccessRule): Section {
  const location = Buffer.from(rule.location, 'utf8').toString('latin1')
  const onlyBelow = location.length > 1 && location.endsWith('/')
  const prefix = location.endsWith('/') ? location.slice(0, -1) : location
  return { prefix, onlyBelow, check: compileOrder(rule) }
}

function holds({ prefix, onlyBelow }: Section, path: string): boolean {
  if (!path.startsWith(prefix)) return false
  return path.length === prefix.length ? !onlyBelow : path.charCodeAt(prefix.length) === SLASH
}

/**
 * `Order` (mod_access_compat): with `deny,allow` an address that is on neither list gets in and one on both does too;
 * with `allow,deny` neither does. An address that cannot be read gets in only where everyone does.
 */
function compileOrder({ order, allow, deny }: AccessRule): AddressCheck {
  const isAllowed = compileNetworks(allow)
  const isDenied = compileNetworks(deny)
  if (order === 'allow,deny') return (address) => isAllowed(address) && !isDenied(address)
  if (deny.length === 0) return () => true
  return (address) => isAllowed(address) || (isAddress(address) && !isDenied(address))
}
