/**
 * A lookup among 10 000 mounts takes 2 µs at most, in all the shapes that people write. Patterns with several wildcards
 * behind one and the same beginning are compared one by one; the last bench shows what that costs.
 */
import assert from 'node:assert/strict'
import type { MicroBench } from '../../bench/micro.ts'
import { compileMounts, inOrder } from './mount-map.ts'
import type { MountRule } from './options.ts'
import { compileWildcard } from './wildcard.ts'

const COUNT = 10_000
const rule = (pattern: string, worker = 'lb'): MountRule => ({ pattern, worker, source: 'mount' })
const numbered = (shape: (n: number) => string): MountRule[] => Array.from({ length: COUNT }, (_, n) => rule(shape(n)))

const contexts = numbered((n) => `/context${n}/*`)
const pages = numbered((n) => `/context${n % 100}/page${n}`)
const ends = numbered((n) => `/*.ext${n}`)
const mixed = numbered((n) => [`/c${n}/*`, `/c${n}`, `/*.e${n}`, `/c${n}/*/x`][n % 4]!)
const starred = numbered((n) => `/*/context${n}/*.jsp`)
const excluded = [...contexts, ...numbered((n) => `/context${n}/static/*`).map((each) => ({ ...each, exclude: true }))]

function walking(rules: readonly MountRule[]): (path: string) => MountRule | undefined {
  const compiled = inOrder(rules).map((each) => ({ each, matches: compileWildcard(each.pattern) }))
  return (path) => compiled.find(({ matches }) => matches(path))?.each
}

const PATHS = [
  '/context9999/some/page.html',
  '/context42/page4242',
  '/a/b/c.ext9999',
  '/c8002/a/b/x.e8002',
  '/none/at/all',
]

for (const rules of [contexts, pages, ends, mixed, starred]) {
  const map = compileMounts(rules)
  const walk = walking(rules)
  for (const path of PATHS) assert.equal(map.match(path), walk(path), path)
}

const lookUp = (rules: readonly MountRule[]): (() => unknown) => {
  const map = compileMounts(rules)
  let next = 0
  return () => map.match(PATHS[next++ % PATHS.length]!)
}
/** One path, so that all contestants do the same. */
const found = (rules: readonly MountRule[]): MicroBench['contestants'] => {
  const map = compileMounts(rules)
  const walked = walking(rules)
  const path = '/context9999/static/c.ext9999'
  return { index: () => map.match(path), 'the list, as mod_jk walks it': () => walked(path) }
}

export const benches: readonly MicroBench[] = [
  { name: 'mounts: 10 000 contexts', contestants: found(contexts) },
  { name: 'mounts: 10 000 endings', contestants: found(ends) },
  {
    name: 'mounts: 10 000 of all shapes, several paths',
    contestants: { index: lookUp(mixed) },
    same: () => undefined,
  },
  {
    name: 'mounts: 10 000 contexts with an exclusion each',
    contestants: { index: lookUp(excluded) },
    same: () => undefined,
  },
  { name: 'mounts: 10 000 exact pages', contestants: { index: lookUp(pages) }, same: () => undefined },
  { name: 'mounts: 10 000 with several stars behind one beginning', contestants: found(starred) },
]
