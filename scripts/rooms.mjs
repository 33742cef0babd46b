/**
 * Keeps the arrows between the rooms of src/ true (docs/adr/0001) and finds files that import each other in a circle.
 * Reads import statements, nothing else: types and style belong to the compiler and the linter.
 *
 * The rules:
 *   1. A file imports from its own room and from the rooms its row below names. From rooms under `types` it takes
 *      `import type` only, and values of the files named there: tables, no machinery.
 *   2. A pure room opens no socket or file, starts no timer, reads no clock and rolls no dice.
 *   3. Files may not import each other in a circle. Type-only imports vanish, so they do not count here.
 *   4. Packages from the registry must be dependencies, not devDependencies.
 *   5. Shipped code imports nothing from tests: `*.test.ts`, `*.cases.ts`, `*.bench.ts`, `testing/`, test/ and bench/.
 *   6. Tests follow the same arrows, also into the `testing/` of those rooms; on top they may use test/kit,
 *      a bench also bench/, devDependencies, values where their room may take types and, in pure rooms, whatever Node has.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { HERE, isMain } from './here.mjs'

/** Every room with what it may import. `clock` may be used by every room that is not pure. `.` is src/*.ts itself. */
export const ROOMS = {
  '.': { imports: ['balancer', 'worker'] },
  cli: {
    imports: [
      'config',
      'status',
      'worker',
      'balancer',
      'adapters',
      'connector',
      'session',
      'cluster',
      'http1',
      'bytes',
    ],
  },
  config: { imports: ['addresses'], types: { balancer: [], worker: [], session: [], cluster: [] } },
  status: { imports: [], types: { balancer: ['jk-words.ts', 'member-state.ts', 'policies/index.ts'] } },
  balancer: { imports: ['http1', 'ajp', 'bytes', 'sockets'] },
  worker: { imports: ['adapters', 'connector', 'session', 'cluster', 'addresses'], types: { config: [] } },
  adapters: { imports: ['session', 'addresses'] },
  session: { imports: ['java', 'bytes'], types: { cluster: [] } },
  cluster: { imports: ['java', 'bytes'] },
  connector: { imports: ['ajp', 'bytes', 'sockets', 'addresses'] },
  sockets: { imports: [] },
  addresses: { imports: [] },
  ajp: { imports: ['bytes'], pure: true },
  http1: { imports: ['bytes'], pure: true },
  java: { imports: ['bytes'], pure: true },
  bytes: { imports: [], pure: true },
  clock: { imports: [] },
}

/** What a pure room may take from Node: computing without a world. */
const PURE_BUILTINS = new Set(['node:buffer', 'node:util'])
const IMPURE_GLOBALS =
  /\b(setTimeout|setInterval|setImmediate|queueMicrotask|fetch|process\.\w+|performance\.now|Date\.now|Math\.random)\b|\bnew Date\(\)/
const TEST_FILE = /\.(test|cases|bench)\.ts$|(^|\/)testing\//

/**
 * The formatter puts top-level statements at the start of a line, and comment text never stands there; `import(…)`
 * may stand anywhere. Groups: `type` if the statement is type-only, and the specifier.
 */
const STATEMENT =
  /^(?:import\s+(?:(type)\s+)?(?:[\w$*{][\w$\s,*{}]*?\sfrom\s*)?|export\s+(?:(type)\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})\s*from\s*)['"]([^'"\n]+)['"]/gm
const DYNAMIC = /^(?!\s*(?:\*|\/\/|\/\*)).*?\bimport\(\s*['"]([^'"\n]+)['"]\s*\)(?!\.)/gm

/**
 * @typedef {{ specifier: string, typeOnly: boolean, line: number }} Import
 * @param {string} text
 * @returns {Import[]}
 */
export function importsOf(text) {
  const lineAt = (index) => text.slice(0, index).split('\n').length
  const found = []
  for (const match of text.matchAll(STATEMENT)) {
    found.push({
      specifier: match[3],
      typeOnly: match[1] !== undefined || match[2] !== undefined,
      line: lineAt(match.index),
    })
  }
  for (const match of text.matchAll(DYNAMIC)) {
    found.push({ specifier: match[1], typeOnly: false, line: lineAt(match.index) })
  }
  return found
}

/**
 * @param {string} root the folder that holds src/ and package.json
 * @returns {string[]} complaints, one line each; empty when all is well
 */
export function checkRooms(root, rooms = ROOMS) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const packages = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  const complaints = []
  /** @type {Map<string, string[]>} file -> files it imports for their values */
  const graph = new Map()

  for (const file of sourceFiles(root)) {
    const text = readFileSync(join(root, file), 'utf8')
    const room = roomOf(file)
    const rule = rooms[room]
    if (rule === undefined) {
      complaints.push(`${file}: room ${room} is not in the table of scripts/rooms.mjs`)
      continue
    }
    const isTest = TEST_FILE.test(file)
    const targets = []
    graph.set(file, targets)
    for (const { specifier, typeOnly, line } of importsOf(text)) {
      const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined
      const reason =
        target === undefined
          ? whyNotPackage(specifier, rule, isTest, packages)
          : whyNotFile(file, room, rule, target, typeOnly, isTest)
      if (reason !== undefined) complaints.push(`${file}:${line}: ${reason}`)
      if (target !== undefined && !typeOnly) targets.push(target)
    }
    if (rule.pure && !isTest) complaints.push(...impureLines(file, text))
  }
  return [...complaints, ...cycles(graph).map((cycle) => `circle: ${cycle.join(' -> ')}`)]
}

function whyNotFile(file, room, rule, target, typeOnly, isTest) {
  if (!target.startsWith('src/')) {
    const fine =
      isTest && (target.startsWith('test/kit/') || (file.endsWith('.bench.ts') && target.startsWith('bench/')))
    return fine ? undefined : `src/ may not import ${target}`
  }
  if (!isTest && TEST_FILE.test(target)) return `shipped code may not import ${target}, which belongs to tests`
  const other = roomOf(target)
  if (other === room || rule.imports.includes(other)) return undefined
  if (other === 'clock' && (!rule.pure || isTest)) return undefined
  const tables = rule.types?.[other]
  if (tables !== undefined) {
    const fine = typeOnly || isTest || tables.some((file) => target === `src/${other}/${file}`)
    return fine ? undefined : `${room} may take only types from ${target}: use import type`
  }
  return `${room} may not import ${other}`
}

function whyNotPackage(specifier, rule, isTest, packages) {
  if (isTest) return undefined
  if (specifier.startsWith('node:')) {
    return rule.pure && !PURE_BUILTINS.has(specifier) ? `a pure room may not import ${specifier}` : undefined
  }
  if (rule.pure) return `a pure room may not import the package ${specifier}`
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  return packages.has(name) ? undefined : `${name} is not among the dependencies in package.json`
}

function impureLines(file, text) {
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(\*|\/\/|\/\*)/.test(line)) return []
    const found = IMPURE_GLOBALS.exec(line.replace(/\s\/\/.*$/, ''))
    return found === null ? [] : [`${file}:${index + 1}: a pure room may not use ${found[0]}`]
  })
}

function roomOf(file) {
  const [, room, ...rest] = file.split('/')
  return rest.length === 0 ? '.' : room
}

function sourceFiles(root) {
  if (!existsSync(join(root, 'src'))) return []
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
    .sort()
}

/** One path per circle, found depth first; a file that was finished once cannot start another. */
export function cycles(graph) {
  const found = []
  const finished = new Set()
  const path = []
  const visit = (file) => {
    const start = path.indexOf(file)
    if (start !== -1) {
      found.push([...path.slice(start), file])
      return
    }
    if (finished.has(file)) return
    path.push(file)
    for (const target of graph.get(file) ?? []) visit(target)
    path.pop()
    finished.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return found
}

if (isMain(import.meta.url)) {
  const complaints = checkRooms(HERE)
  for (const complaint of complaints) console.error(`rooms: ${complaint}`)
  if (complaints.length > 0) process.exitCode = 1
}
