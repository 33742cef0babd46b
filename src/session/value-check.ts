/**
 * Which values a session takes, and where in a value the first one lies that it does not. Structured clone would take
 * class instances, too, and quietly make plain objects of them on the other nodes; so they are refused while the one who
 * sets them can still be told.
 */
import { types } from 'node:util'

export interface Misfit {
  /** From the attribute on: `cart.items[2].price`. */
  readonly path: string
  /** As in "is a function". */
  readonly what: string
}

/** Undefined when the value is fit. Objects that are met twice are looked at once, so cycles are no harm. */
export function findMisfit(attribute: string, value: unknown): Misfit | undefined {
  return check(value, attribute, new Set())
}

function check(value: unknown, path: string, seen: Set<object>): Misfit | undefined {
  switch (typeof value) {
    case 'function':
      return { path, what: 'a function' }
    case 'symbol':
      return { path, what: 'a symbol' }
    case 'object':
      return value === null || seen.has(value) ? undefined : checkObject(value, path, seen.add(value))
    default:
      return undefined
  }
}

function checkObject(value: object, path: string, seen: Set<object>): Misfit | undefined {
  if (types.isProxy(value)) return { path, what: 'a proxy' }
  if (Array.isArray(value)) return checkArray(value, path, seen)
  if (isPlain(value)) return checkProperties(value as Record<string, unknown>, path, seen)
  if (types.isMap(value)) return checkMap(value, path, seen)
  if (types.isSet(value)) return checkSet(value, path, seen)
  return isCopied(value) ? undefined : { path, what: `an instance of ${nameOf(value)}` }
}

/** Paths are put together only for what has to be looked into: most parts are texts and numbers. */
function checkArray(value: readonly unknown[], path: string, seen: Set<object>): Misfit | undefined {
  for (let i = 0; i < value.length; i++) {
    if (isSimple(value[i])) continue
    const found = check(value[i], `${path}[${i}]`, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function checkProperties(value: Record<string, unknown>, path: string, seen: Set<object>): Misfit | undefined {
  for (const key of Object.keys(value)) {
    const part = value[key]
    if (isSimple(part)) continue
    const found = check(part, IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function checkMap(value: ReadonlyMap<unknown, unknown>, path: string, seen: Set<object>): Misfit | undefined {
  let i = 0
  for (const [key, part] of value) {
    const found =
      check(key, `${path}.keys()[${i}]`, seen) ??
      check(part, typeof key === 'string' ? `${path}.get(${JSON.stringify(key)})` : `${path}.values()[${i}]`, seen)
    if (found !== undefined) return found
    i++
  }
  return undefined
}

function checkSet(value: ReadonlySet<unknown>, path: string, seen: Set<object>): Misfit | undefined {
  let i = 0
  for (const part of value) {
    const found = check(part, `${path}.values()[${i}]`, seen)
    if (found !== undefined) return found
    i++
  }
  return undefined
}

function isSimple(value: unknown): boolean {
  return typeof value === 'object' ? value === null : typeof value !== 'function' && typeof value !== 'symbol'
}

/** Made by `{}` or `Object.create(null)`, in whatever realm: the prototype, if any, is the end of its chain. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** The other types that V8 copies as what they are. */
function isCopied(value: object): boolean {
  return (
    types.isDate(value) ||
    ArrayBuffer.isView(value) ||
    types.isArrayBuffer(value) ||
    types.isRegExp(value) ||
    types.isBoxedPrimitive(value) ||
    types.isNativeError(value)
  )
}

function nameOf(value: object): string {
  const maker: unknown = value.constructor
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'a class'
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/
