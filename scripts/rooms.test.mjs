import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { checkRooms, importsOf, ROOMS } from './rooms.mjs'

/** Writes a tree into a folder of its own and returns what the check says about it. */
function check(t, files) {
  const root = mkdtempSync(join(tmpdir(), 'clowder-rooms-'))
  t.after(() => rmSync(root, { recursive: true }))
  writeFileSync(join(root, 'package.json'), '{ "dependencies": { "known": "1" }, "devDependencies": { "dev": "1" } }')
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return checkRooms(root)
}

const rows = [
  ['an arrow down is allowed', { 'src/balancer/a.ts': `import { x } from '../http1/index.ts'` }, []],
  [
    'an arrow up is refused, with file and line',
    { 'src/http1/a.ts': `\n\nimport { x } from '../balancer/index.ts'` },
    ['src/http1/a.ts:3: http1 may not import balancer'],
  ],
  [
    'balancer does not know cluster, not even its types',
    { 'src/balancer/a.ts': `import type { Channel } from '../cluster/channel.ts'` },
    ['src/balancer/a.ts:1: balancer may not import cluster'],
  ],
  [
    'status takes types and named tables from balancer and nothing else, but its tests do',
    {
      'src/status/a.ts': `import type { Snapshot } from '../balancer/index.ts'`,
      'src/status/b.ts': `import { createBalancer } from '../balancer/index.ts'`,
      'src/status/c.ts': `import { memberStates } from '../balancer/member-state.ts'`,
      'src/status/a.test.ts': `import { createBalancer } from '../balancer/index.ts'`,
    },
    ['src/status/b.ts:1: status may take only types from src/balancer/index.ts: use import type'],
  ],
  [
    'a re-export is an import',
    { 'src/session/a.ts': `export * from '../worker/a.ts'\nexport {\n  a,\n  b,\n} from '../config/a.ts'` },
    ['src/session/a.ts:1: session may not import worker', 'src/session/a.ts:2: session may not import config'],
  ],
  [
    'a dynamic import is an import',
    { 'src/session/a.ts': `const x = await import('../worker/a.ts')` },
    ['src/session/a.ts:1: session may not import worker'],
  ],
  [
    'an import inside a comment is none',
    {
      'src/session/a.ts': `/**\n * import { x } from '../worker/a.ts'\n * await import('../worker/a.ts')\n */\n// import '../worker/a.ts'`,
    },
    [],
  ],
  [
    'two statements in a row are told apart',
    { 'src/status/a.ts': `export type A = 1\nimport type { B } from '../balancer/a.ts'\nimport { c } from './c.ts'` },
    [],
  ],
  [
    'a room that is not in the table is refused',
    { 'src/helpers/a.ts': '' },
    ['src/helpers/a.ts: room helpers is not in the table of scripts/rooms.mjs'],
  ],
  [
    'a pure room opens no socket and knows no clock',
    {
      'src/ajp/a.ts': `import net from 'node:net'\nimport { readFileSync } from 'node:fs'\nimport { systemClock } from '../clock/clock.ts'`,
    },
    [
      'src/ajp/a.ts:1: a pure room may not import node:net',
      'src/ajp/a.ts:2: a pure room may not import node:fs',
      'src/ajp/a.ts:3: ajp may not import clock',
    ],
  ],
  [
    'a pure room starts no timer and reads no time',
    { 'src/http1/a.ts': `// Date.now() is named here\nconst at = Date.now()\nsetTimeout(f, 1)` },
    ['src/http1/a.ts:2: a pure room may not use Date.now', 'src/http1/a.ts:3: a pure room may not use setTimeout'],
  ],
  [
    'the test of a pure room may read files, and use its own testing folder and the kit',
    {
      'src/ajp/a.test.ts': `import fs from 'node:fs'\nimport { x } from './testing/x.ts'\nimport { until } from '../../test/kit/until.ts'`,
    },
    [],
  ],
  [
    'a bench may use bench/, a test may not',
    {
      'src/ajp/a.bench.ts': `import { measure } from '../../bench/micro.ts'`,
      'src/ajp/a.test.ts': `import { measure } from '../../bench/micro.ts'`,
    },
    ['src/ajp/a.test.ts:1: src/ may not import bench/micro.ts'],
  ],
  [
    'a test follows the arrows, too',
    { 'src/ajp/a.test.ts': `import { x } from '../balancer/index.ts'` },
    ['src/ajp/a.test.ts:1: ajp may not import balancer'],
  ],
  [
    'shipped code imports nothing that belongs to tests',
    { 'src/cli/a.ts': `import { x } from './testing/x.ts'\nimport { y } from '../../test/kit/until.ts'` },
    [
      'src/cli/a.ts:1: shipped code may not import src/cli/testing/x.ts, which belongs to tests',
      'src/cli/a.ts:2: src/ may not import test/kit/until.ts',
    ],
  ],
  [
    'a package must be a dependency',
    { 'src/cli/a.ts': `import a from 'known/sub'\nimport b from 'dev'\nimport c from '@scope/name/sub'` },
    [
      'src/cli/a.ts:2: dev is not among the dependencies in package.json',
      'src/cli/a.ts:3: @scope/name is not among the dependencies in package.json',
    ],
  ],
  [
    'files that import each other in a circle are named in order',
    {
      'src/cli/a.ts': `import './b.ts'`,
      'src/cli/b.ts': `import { c } from './c.ts'`,
      'src/cli/c.ts': `export { a } from './a.ts'`,
    },
    ['circle: src/cli/a.ts -> src/cli/b.ts -> src/cli/c.ts -> src/cli/a.ts'],
  ],
  [
    'a circle that types close is none',
    { 'src/cli/a.ts': `import { b } from './b.ts'`, 'src/cli/b.ts': `import type { A } from './a.ts'` },
    [],
  ],
  [
    'types inside braces leave the import statement behind, so they count as a value',
    { 'src/status/a.ts': `import { type Snapshot } from '../balancer/index.ts'` },
    ['src/status/a.ts:1: status may take only types from src/balancer/index.ts: use import type'],
  ],
]

describe('rooms', () => {
  for (const [rule, files, complaints] of rows) {
    test(rule, (t) => assert.deepEqual(check(t, files), complaints))
  }

  test('every shape of import statement is read', () => {
    const text = [
      `import 'a'`,
      `import b from 'b'`,
      `import * as c from 'c'`,
      `import d, { type D } from 'd'`,
      `import {\n  e,\n  E,\n} from 'e'`,
      `import type F from 'f'`,
      `import type { G } from 'g'`,
      `export type { H } from 'h'`,
      `export * as i from 'i'`,
      `const j = import('j')`,
    ].join('\n')
    const values = importsOf(text).flatMap((found) => (found.typeOnly ? [] : [found.specifier]))
    const types = importsOf(text).flatMap((found) => (found.typeOnly ? [found.specifier] : []))
    assert.deepEqual(values, ['a', 'b', 'c', 'd', 'e', 'i', 'j'])
    assert.deepEqual(types, ['f', 'g', 'h'])
  })

  test('the table itself has no circle', () => {
    const below = (room, seen = []) => {
      assert.ok(!seen.includes(room), `${[...seen, room].join(' -> ')}`)
      for (const next of ROOMS[room].imports) below(next, [...seen, room])
    }
    for (const room of Object.keys(ROOMS)) below(room)
  })
})
