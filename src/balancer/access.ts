/**
 * Who may ask for a path: sections of httpd with their access rules. Rules see cleaned paths (`path.ts`), so that
 * `//jkstatus;x` cannot go round the rules for `/jkstatus` (CVE-2018-11759).
 *
 * Of several sections that hold, each directive of the last one written counts: httpd merges sections in order, and what
 * Order, Require, Satisfy and Auth* say is overridden one by one (mod_access_compat: "dir merger --- default is to
 * override"; mod_authz_core: `AuthMerging Off`). Sections about folders, outer ones first, come before those about names of
 * files, and these before those about paths.
 * Passwords are compared in `basic-auth.ts`.
 */
import { basename } from 'node:path'
import { compileCondition, compileMethods, type Requirement, type Visitor } from './access-condition.ts'
import type { AccessRule, AuthOptions, MethodLimit } from './access-options.ts'
import { asBytes } from './as-bytes.ts'
import { BasicAuth } from './basic-auth.ts'
import { compileLocation } from './location-match.ts'
import { compileNetworks, isAddress } from './networks.ts'

/** `ask`: not without a user, and it is not known who it is. */
export type Verdict = 'in' | 'out' | 'ask'

export interface Guard {
  judge(visitor: Visitor): Verdict
  /** How users prove who they are; undefined: they cannot. */
  readonly auth: BasicAuth | undefined
}

export interface Access {
  /**
   * Who may ask for a cleaned path, and for the file that stands there; undefined: no section speaks of it, so everyone.
   */
  guardFor(path: string, file?: string): Guard | undefined
}

type AccessCheck = (visitor: Visitor) => boolean

interface Section {
  readonly rule: AccessRule
  readonly holds: (path: string) => boolean
}

/** Combinations of sections that are remembered; a configuration has a few. */
const MAX_GUARDS = 1_024

export function compileAccess(rules: readonly AccessRule[]): Access {
  const compile = (rule: AccessRule): Section => ({ rule, holds: compileLocation(rule) })
  const about = (what: AccessRule['of']) => rules.filter(({ of = 'path' }) => of === what).map(compile)
  const folders = about('folder').toSorted((a, b) => depth(a.rule) - depth(b.rule))
  const names = about('name')
  const paths = about('path')
  if (rules.length === 0) return { guardFor: () => undefined }
  const guards = new Map<string, Guard | undefined>()
  return {
    guardFor(path, file) {
      let key = ''
      const holding: AccessRule[] = []
      const look = (sections: readonly Section[], mark: string, what: string): void => {
        for (const [index, section] of sections.entries()) {
          if (!section.holds(what)) continue
          holding.push(section.rule)
          key += mark + index
        }
      }
      if (file !== undefined) {
        // Patterns are compared as bytes; the name of a file comes as text.
        const bytes = asBytes(file)
        look(folders, 'f', bytes)
        look(names, 'n', basename(bytes))
      }
      look(paths, 'p', path)
      if (holding.length === 0) return undefined
      if (guards.has(key)) return guards.get(key)
      const guard = compileGuard(holding)
      if (guards.size < MAX_GUARDS) guards.set(key, guard)
      return guard
    },
  }
}

/** Regular expressions come last. */
function depth({ location, match }: AccessRule): number {
  return match === 'regexp' ? Number.MAX_SAFE_INTEGER : location.split('/').length
}

/** Undefined when the sections say nothing of access. */
function compileGuard(sections: readonly AccessRule[]): Guard | undefined {
  const lastFirst = sections.toReversed()
  const classic = lastFirst.find(({ order }) => order !== undefined)
  const condition = lastFirst.find(({ require }) => require !== undefined)?.require
  if (classic === undefined && condition === undefined) return undefined
  const isAllowed = classic === undefined ? undefined : compileOrder(classic)
  const required = condition === undefined ? undefined : compileCondition(condition)
  const anyIsEnough = lastFirst.find(({ satisfy }) => satisfy !== undefined)?.satisfy === 'any'
  const auth = compileAuth(sections)
  return { judge: (visitor) => judge(visitor, isAllowed, required, anyIsEnough, auth !== undefined), auth }
}

function judge(
  visitor: Visitor,
  isAllowed: AccessCheck | undefined,
  required: Requirement | undefined,
  anyIsEnough: boolean,
  canAsk: boolean,
): Verdict {
  if (isAllowed !== undefined) {
    const allowed = isAllowed(visitor)
    if (required === undefined) return allowed ? 'in' : 'out'
    if (allowed === anyIsEnough) return allowed ? 'in' : 'out'
  }
  switch (required?.(visitor)) {
    case 'granted':
      return 'in'
    case 'needs-user':
      return canAsk ? 'ask' : 'out'
    default:
      // Somebody who has said who it is may be somebody else, too (httpd `AuthzSendForbiddenOnFailure Off`).
      return visitor.user !== undefined && canAsk ? 'ask' : 'out'
  }
}

function compileAuth(sections: readonly AccessRule[]): BasicAuth | undefined {
  const auth: AuthOptions = Object.assign({}, ...sections.map((section) => section.auth ?? {}))
  return auth.users === undefined || auth.none === true ? undefined : new BasicAuth(auth.realm ?? '', auth.users)
}

/**
 * `Order` (mod_access_compat): with `deny,allow` an address that is on neither list gets in and one on both does too;
 * with `allow,deny` neither does. An address that cannot be read gets in only where everyone does.
 */
function compileOrder({ limits = [], ...all }: AccessRule): AccessCheck {
  if (limits.length === 0) return compileLists(all)
  const parts = limits.map((limit) => ({ limit, isAbout: compileMethods(limit) }))
  const checks = new Map<string, AccessCheck>()
  return (visitor) => {
    let key = ''
    for (const [index, { isAbout }] of parts.entries()) if (isAbout(visitor.method)) key += `${index} `
    let check = checks.get(key)
    if (check === undefined) {
      const about = parts.filter(({ isAbout }) => isAbout(visitor.method)).map(({ limit }) => limit)
      check = compileLists(about.reduce(joined, all))
      if (checks.size < MAX_GUARDS) checks.set(key, check)
    }
    return check(visitor)
  }
}

type Lists = Pick<AccessRule, 'order' | 'allow' | 'deny'>

function joined({ order, allow = [], deny = [] }: Lists, more: MethodLimit): Lists {
  return {
    order: more.order ?? order ?? 'deny,allow',
    allow: [...allow, ...(more.allow ?? [])],
    deny: [...deny, ...(more.deny ?? [])],
  }
}

function compileLists({ order, allow = [], deny = [] }: Lists): AccessCheck {
  const isAllowed = compileNetworks(allow)
  const isDenied = compileNetworks(deny)
  if (order === 'allow,deny') return ({ client }) => isAllowed(client.address) && !isDenied(client.address)
  if (deny.length === 0) return () => true
  return ({ client: { address } }) => isAllowed(address) || (isAddress(address) && !isDenied(address))
}
