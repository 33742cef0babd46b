/**
 * Conditions of `Require` as functions, with the four answers of httpd (mod_authz_core.c `apply_authz_sections`): granted,
 * denied, denied as long as nobody has said who it is, and nothing to say (a negated condition that is not met).
 */
import type { Condition, Methods } from './access-options.ts'
import { compileNetworks } from './networks.ts'

/** Of a request, what conditions look at. */
export interface Visitor {
  readonly client: { readonly address: string }
  readonly method: string
  /** Proved to the front; undefined: nobody has asked. */
  readonly user: string | undefined
  readonly env?: ReadonlyMap<string, string> | undefined
}

export type Answer = 'granted' | 'denied' | 'needs-user' | 'neutral'
export type Requirement = (visitor: Visitor) => Answer

/** GET and HEAD stand for each other (httpd: both have one method number). */
export function compileMethods({ methods, except = false }: Methods): (method: string) => boolean {
  const all = new Set(methods)
  if (all.has('GET') || all.has('HEAD')) all.add('GET').add('HEAD')
  return (method) => all.has(method) !== except
}

export function compileCondition(condition: Condition): Requirement {
  switch (condition.is) {
    case 'all':
      return condition.granted ? () => 'granted' : () => 'denied'
    case 'ip': {
      const isIn = compileNetworks(condition.networks)
      return ({ client }) => (isIn(client.address) ? 'granted' : 'denied')
    }
    case 'valid-user':
      return ({ user }) => (user === undefined ? 'needs-user' : 'granted')
    case 'user': {
      const names = new Set(condition.names)
      return ({ user }) => (user === undefined ? 'needs-user' : names.has(user) ? 'granted' : 'denied')
    }
    case 'method': {
      const isOne = compileMethods(condition)
      return ({ method }) => (isOne(method) ? 'granted' : 'denied')
    }
    case 'env':
      return ({ env }) => (condition.names.some((name) => env?.has(name)) ? 'granted' : 'denied')
    case 'any':
      return anyOf(condition.of.map(compileCondition))
    case 'every':
      return everyOf(condition.of.map(compileCondition))
    case 'not': {
      const inner = compileCondition(condition.of)
      return (visitor) => (inner(visitor) === 'granted' ? 'denied' : 'neutral')
    }
  }
}

function anyOf(parts: readonly Requirement[]): Requirement {
  return (visitor) => {
    let result: Answer = 'neutral'
    for (const part of parts) {
      const answer = part(visitor)
      if (answer === 'granted') return answer
      if (answer === 'needs-user' || (answer === 'denied' && result === 'neutral')) result = answer
    }
    return result
  }
}

function everyOf(parts: readonly Requirement[]): Requirement {
  return (visitor) => {
    let result: Answer = 'neutral'
    for (const part of parts) {
      const answer = part(visitor)
      if (answer === 'denied') return answer
      if (answer === 'needs-user' || (answer === 'granted' && result === 'neutral')) result = answer
    }
    return result
  }
}
