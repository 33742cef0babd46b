/**
 * The app: from what a module exports, or a program hands over, to a request handler. An app is one of
 *
 *   (request, response) => …     a handler of node:http; an Express app is one, too
 *   (worker) => handler          a set-up function: fewer than two parameters, may be async
 *   { handler } or { setup }     an object with one of the two
 *   a promise of any of these
 *
 * Of a module, the default export is taken (`module.exports` in CommonJS), else the module's own exports.
 */
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { WorkerError } from './errors.ts'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => unknown
export type AppSetup<Context> = (worker: Context) => RequestHandler | Promise<RequestHandler>
export type App<Context> =
  | RequestHandler
  | AppSetup<Context>
  | { readonly handler: RequestHandler }
  | { readonly setup: AppSetup<Context> }

/** Imports the module at `path` and takes its app. Fails with a message of one line that names the file. */
export async function loadApp(path: string): Promise<unknown> {
  const file = resolve(path)
  if (!(await isFile(file))) throw new WorkerError('WORKER_APP_MISSING', `there is no app module ${file}`)
  let module: Record<string, unknown>
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    if (isModuleNotFound(error))
      throw new WorkerError('WORKER_APP_MISSING', `app ${file}: ${firstLine(error.message)}`, error)
    throw new WorkerError('WORKER_APP_THREW', `app ${file} failed to load: ${describeThrown(error)}`, error)
  }
  // CommonJS that was compiled from ESM has its default export one level further down.
  const exported = module.default ?? module
  return isObject(exported) && exported.__esModule === true ? (exported.default ?? exported) : exported
}

/** The handler of an app; `name` is what the app is called in failures. */
export async function prepareApp<Context>(app: unknown, worker: Context, name: string): Promise<RequestHandler> {
  const given = await settle(() => app, name)
  const handler = isObject(given) && 'handler' in given ? given.handler : given
  const setup = isObject(given) && 'setup' in given ? given.setup : given
  if (isFunction(handler) && (handler !== given || handler.length >= 2)) return handler as RequestHandler
  if (!isFunction(setup))
    throw new WorkerError('WORKER_APP_SHAPE', `${name} exports ${describeValue(given)}; ${EXPECTED}`)
  const made = await settle(() => setup(worker), name)
  if (isFunction(made)) return made as RequestHandler
  if (isObject(made) && isFunction(made.handler)) return made.handler as RequestHandler
  throw new WorkerError('WORKER_APP_SHAPE', `the set-up of ${name} returned ${describeValue(made)}; ${EXPECTED}`)
}

const EXPECTED = 'expected a function (request, response), or a set-up function that returns one'

/** `TypeError: x is not a function (file:///app.mjs:3:9)`: what was thrown, and where, in one line. */
export function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return `it threw ${describeValue(error)}`
  const place = /\(?((?:file:\/\/|\/)[^\s()]+:\d+(?::\d+)?)\)?/.exec(error.stack ?? '')?.[1]
  const text = `${error.name}: ${firstLine(error.message)}`
  return place === undefined ? text : `${text} (${place})`
}

type AnyFunction = (...args: readonly unknown[]) => unknown

async function settle(make: () => unknown, name: string): Promise<unknown> {
  try {
    return await make()
  } catch (error) {
    throw new WorkerError('WORKER_APP_THREW', `${name} failed to start: ${describeThrown(error)}`, error)
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

function isModuleNotFound(error: unknown): error is Error {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

function isFunction(value: unknown): value is AnyFunction {
  return typeof value === 'function'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function describeValue(value: unknown): string {
  if (isObject(value))
    return Object.keys(value).length === 0 ? 'nothing' : `an object with ${Object.keys(value).join(', ')}`
  return value === undefined ? 'nothing' : `${typeof value} ${JSON.stringify(value) ?? ''}`.trimEnd()
}

function firstLine(text: string): string {
  const end = text.indexOf('\n')
  return end === -1 ? text : text.slice(0, end)
}
