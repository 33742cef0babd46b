/**
 * The environment of a request as far as an httpd configuration makes it without other modules: SetEnv, UnsetEnv, SetEnvIf,
 * BrowserMatch (mod_env, mod_setenvif). mod_jk reads switches from it (mod_jk.md 2.3), which act in `rule-extensions.ts`
 * and `dispatch.ts`; access rules and logs look at it, too. A client cannot set a variable but through a SetEnvIf.
 *
 * As in httpd SetEnvIf comes first: outside of sections before the path is mapped, in sections after it; SetEnv comes last.
 */
import { asBytes } from './as-bytes.ts'
import type { Exchange } from './exchange.ts'
import { compileLocation, type LocationOptions, readRegExp } from './location-match.ts'

/** What a SetEnvIf looks at; `field`: every request field whose name fits a regular expression. */
export type EnvSource =
  | 'remote-addr'
  | 'server-addr'
  | 'method'
  | 'protocol'
  | 'path'
  | { readonly field: string }
  | { readonly variable: string }

export interface EnvRule {
  /** The paths it holds for; default all. */
  readonly where?: LocationOptions
  /** Without it the rule is a SetEnv or UnsetEnv. */
  readonly when?: { readonly of: EnvSource; readonly matches: string }
  /** Name and value; `$1` is what the first group of `matches` found; null removes the variable. */
  readonly sets: readonly (readonly [name: string, value: string | null])[]
}

export type Env = ReadonlyMap<string, string>

export interface Environment {
  /** What is set before the path is mapped. */
  early(exchange: Exchange): Map<string, string>
  /** What is set after it, added to `env`. */
  late(exchange: Exchange, env: Map<string, string>): void
}

interface CompiledRule {
  readonly holds: (path: string) => boolean
  readonly when: { readonly read: Reader; readonly matches: RegExp } | undefined
  readonly sets: EnvRule['sets']
}

type Reader = (exchange: Exchange, env: Env) => readonly string[]

/** Undefined when there are no rules: then requests have no environment, which costs nothing. */
export function compileEnvironment(rules: readonly EnvRule[]): Environment | undefined {
  if (rules.length === 0) return undefined
  const compiled = rules.map((rule) => ({ rule, run: compileRule(rule) }))
  const phase = (isIn: (rule: EnvRule) => boolean) => compiled.filter(({ rule }) => isIn(rule)).map(({ run }) => run)
  const first = phase(({ when, where }) => when !== undefined && where === undefined)
  const later = [
    ...phase(({ when, where }) => when !== undefined && where !== undefined),
    ...phase(({ when }) => when === undefined),
  ]
  return {
    early(exchange) {
      const env = new Map<string, string>()
      for (const rule of first) apply(rule, exchange, env)
      return env
    },
    late(exchange, env) {
      for (const rule of later) if (rule.holds(exchange.path)) apply(rule, exchange, env)
    },
  }
}

function compileRule({ where, when, sets }: EnvRule): CompiledRule {
  return {
    holds: where === undefined ? () => true : compileLocation(where),
    when: when && {
      read: readerOf(when.of),
      matches: readRegExp(asBytes(when.matches)),
    },
    sets: sets.map(([name, value]) => [name, value === null ? null : asBytes(value)] as const),
  }
}

function apply({ when, sets }: CompiledRule, exchange: Exchange, env: Map<string, string>): void {
  let groups: readonly (string | undefined)[] = []
  if (when !== undefined) {
    const values = when.read(exchange, env)
    const found = (values.length === 0 ? [''] : values).map((value) => when.matches.exec(value)).find(Boolean)
    if (found === undefined || found === null) return
    groups = found
  }
  for (const [name, value] of sets) {
    if (value === null) env.delete(name)
    else env.set(name, when === undefined ? value : value.replace(/\$(\d)/g, (_, digit) => groups[Number(digit)] ?? ''))
  }
}

function readerOf(source: EnvSource): Reader {
  if (typeof source === 'object') {
    if ('variable' in source)
      return (_, env) => {
        const value = env.get(source.variable)
        return value === undefined ? [] : [value]
      }
    const name = new RegExp(`^(?:${source.field})$`, 'i')
    return ({ fields }) => fields.values.filter((_, index) => name.test(fields.names[index]!))
  }
  switch (source) {
    case 'remote-addr':
      return ({ client }) => [client.address]
    case 'server-addr':
      return ({ client }) => [client.localAddress ?? '']
    case 'method':
      return ({ method }) => [method]
    case 'protocol':
      return ({ minor }) => [`HTTP/1.${minor}`]
    case 'path':
      return ({ path }) => [path]
  }
}
