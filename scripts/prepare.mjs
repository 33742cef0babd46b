/**
 * Makes a clone ready to run: checks Node, installs dependencies and compiles, each only when needed.
 * Runs before `npm start` and `npm test`, possibly twice at once. Plain Node without dependencies, because on a
 * fresh clone there are none; everything it says goes to stderr.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { HERE, isMain } from './here.mjs'
import { withLock } from './lock.mjs'

/** What the compiler reads. Files that are not TypeScript are copied beside the compiled ones. */
const SOURCE_FOLDERS = ['src', 'test', 'bench']
const COMPILER = 'node_modules/typescript/bin/tsc'
const STAMP = 'dist/.stamp'
const BIN = 'dist/src/cli/main.js'

/** A failure whose message is all that the reader needs. */
export class PrepareError extends Error {}

export async function prepare(root = HERE) {
  checkNode(readJson(join(root, 'package.json')).engines?.node, process.versions.node)
  if (isInstalled(root) && isBuilt(root)) return
  const onWait = (holder) => say(`waiting for ${holder}, which prepares the same folder`)
  await withLock(
    join(root, '.prepare.lock'),
    async () => {
      if (!isInstalled(root)) await install(root)
      if (!isBuilt(root)) await build(root)
    },
    onWait,
  )
}

/** @param {string | undefined} range `>=MAJOR.MINOR`, the only form package.json uses here */
export function checkNode(range, running) {
  const wanted = /^>=(\d+)\.(\d+)/.exec(range ?? '')
  if (wanted === null) throw new PrepareError(`package.json: engines.node is ${range}, expected >=MAJOR.MINOR`)
  const [major, minor] = running.split('.').map(Number)
  const [wantedMajor, wantedMinor] = wanted.slice(1).map(Number)
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new PrepareError(`clowder needs Node ${wantedMajor}.${wantedMinor} or newer; this is Node ${running}`)
}

function isInstalled(root) {
  const installed = modified(join(root, 'node_modules/.package-lock.json'))
  return installed !== undefined && installed >= (modified(join(root, 'package-lock.json')) ?? 0)
}

async function install(root) {
  say('installing dependencies (npm ci)')
  // npm names itself to the scripts it runs; `--include=dev` because the compiler is one, whatever NODE_ENV says.
  const npm = process.env.npm_execpath
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const status = npm?.endsWith('.js')
    ? await run(root, process.execPath, [npm, ...args])
    : await run(root, process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
  if (status !== 0) throw new PrepareError(`npm ci failed (${status}); the lines above are npm's`)
}

function isBuilt(root) {
  try {
    return readFileSync(join(root, STAMP), 'utf8') === fingerprint(root)
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

async function build(root) {
  if (!existsSync(join(root, COMPILER))) throw new PrepareError(`${COMPILER} is missing; remove node_modules and retry`)
  // Taken before compiling: what is edited meanwhile makes the next run build again.
  const stamp = fingerprint(root)
  rmSync(join(root, STAMP), { force: true })
  const status = await run(root, process.execPath, [COMPILER, '--project', 'tsconfig.json'])
  if (status !== 0) throw new PrepareError(`the build failed (${status}); the lines above are the compiler's`)
  const outputs = copyAssets(root)
  removeStale(root, outputs)
  if (existsSync(join(root, BIN))) chmodSync(join(root, BIN), 0o755)
  writeFileSync(join(root, STAMP), stamp)
}

/** Changes with every edit, addition and removal of a source, with the compiler and with its settings. */
function fingerprint(root) {
  const hash = createHash('sha256')
  for (const path of [...sources(root), 'tsconfig.json', 'node_modules/typescript/package.json']) {
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    hash.update(`${path}\0${stat?.mtimeMs}\0${stat?.size}\n`)
  }
  return hash.digest('hex')
}

function sources(root) {
  return SOURCE_FOLDERS.flatMap((folder) => files(root, folder)).sort()
}

/** Copies what the compiler leaves behind; returns every path that belongs into dist. */
function copyAssets(root) {
  const outputs = new Set()
  for (const path of sources(root)) {
    if (path.endsWith('.md')) continue
    const target = join('dist', path)
    if (path.endsWith('.ts') && !path.endsWith('.d.ts')) {
      const base = target.slice(0, -'.ts'.length)
      for (const extension of ['.js', '.js.map', '.d.ts']) outputs.add(base + extension)
      continue
    }
    mkdirSync(dirname(join(root, target)), { recursive: true })
    copyFileSync(join(root, path), join(root, target))
    outputs.add(target)
  }
  return outputs
}

/** Removes outputs whose source is gone: a deleted test must not run, a deleted module must not be found. */
function removeStale(root, outputs) {
  for (const path of files(root, 'dist')) {
    if (!outputs.has(path)) rmSync(join(root, path), { force: true })
  }
  const removeEmpty = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeEmpty(join(folder, entry.name))
    }
    if (readdirSync(folder).length === 0) rmdirSync(folder)
  }
  removeEmpty(join(root, 'dist'))
}

/** Paths, relative to `root`, of all plain files below one of its folders. */
function files(root, folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    )
}

function run(cwd, command, args) {
  return new Promise((done, fail) => {
    // Their stdout is our stderr: whoever reads the stdout of `npm start` wants the program's lines alone.
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] })
    child.on('error', (error) => fail(new PrepareError(`cannot run ${command}: ${error.message}`)))
    child.on('exit', (code, signal) => done(code ?? signal))
  })
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function say(line) {
  process.stderr.write(`prepare: ${line}\n`)
}

if (isMain(import.meta.url)) {
  try {
    await prepare()
  } catch (error) {
    if (!(error instanceof PrepareError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}
