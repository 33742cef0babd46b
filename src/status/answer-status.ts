/**
 * A request on a status worker to its answer. What is asked for is read off the query and a snapshot; only a change, once
 * everything about it has been checked, touches the balancer.
 */
import { isIP } from 'node:net'
import type { Edit, Editor, EditProblem, EditResult } from '../balancer/edit-types.ts'
import type { StatusAnswer, StatusRequest } from '../balancer/serve-status.ts'
import type { BackendSnapshot, BalancerSnapshot } from '../balancer/snapshot.ts'
import type { AnswerContext } from './answer-context.ts'
import { type ChangeCommand, type Format, readCommand, type StatusRefusal } from './command.ts'
import { isCrossSite } from './cross-site.ts'
import { renderDone, renderPage, renderRefusal } from './html-page.ts'
import { messages, updateFailed } from './messages.ts'
import type { StatusOptions } from './options.ts'
import { propertiesResult, renderProperties } from './properties.ts'
import { mask } from './query.ts'
import { serverFacts } from './server-facts.ts'
import { renderText, resultLine } from './text.ts'
import { renderXml, xmlResult } from './xml.ts'

/** The balancer, as far as a status page knows it. */
export interface StatusSource {
  snapshot(): BalancerSnapshot
  edit(edits: readonly Edit[], by: Editor): EditResult
  /** Whether an address can be found for a name. */
  canResolve(host: string): Promise<boolean>
}

/** Nothing may be loaded into the page but its stylesheet, and it may be put into no other page. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline' *; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

const HEADERS: Readonly<Record<Format, Readonly<Record<string, string>>>> = {
  html: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': PAGE_POLICY,
    'Referrer-Policy': 'no-referrer',
  },
  xml: { 'Content-Type': 'text/xml' },
  txt: { 'Content-Type': 'text/plain' },
  prop: { 'Content-Type': 'text/plain' },
  unknown: { 'Content-Type': 'text/plain' },
}

/** Always 200, also for refusals: scripts read the result (mod_jk.md 7.1 and 10, quirk 9). Later only where a name is looked up. */
export function answerStatus(
  request: StatusRequest,
  source: StatusSource,
  options: StatusOptions,
): StatusAnswer | Promise<StatusAnswer> {
  const snapshot = source.snapshot()
  const server = serverFacts(request.host, request.encrypted, options)
  const context: AnswerContext = { snapshot, server, options, path: mask(request.path) }
  const rights = { isDenied: !mayUse(request.user, options), isReadOnly: options.readOnly }
  const command = readCommand(request.query, snapshot, rights)
  const { format } = command
  if ('message' in command) return refuse(command, context)
  if (!('edits' in command)) {
    if (format === 'html') return answer(format, renderPage(command, context))
    if (format === 'xml') return answer(format, renderXml(command, context))
    return answer(format, format === 'txt' ? renderText(command, context) : renderProperties(command, context))
  }
  if (isCrossSite(request)) return refuse({ format, message: messages.crossSite, isChange: true }, context)
  return change(command, request, source, context)
}

/** The remote user is who the front has authenticated; without one, a list lets nobody in (mod_jk.md 7.2). */
function mayUse(user: string | undefined, { users, usersIgnoreCase }: StatusOptions): boolean {
  if (users.length === 0) return true
  if (user === undefined) return false
  return users.some((each) => (usersIgnoreCase ? each.toLowerCase() === user.toLowerCase() : each === user))
}

// ---- changes -------------------------------------------------------------------------------------------------------

function change(
  command: ChangeCommand,
  request: StatusRequest,
  source: StatusSource,
  context: AnswerContext,
): StatusAnswer | Promise<StatusAnswer> {
  const commit = (): StatusAnswer => {
    const by = { address: request.remoteAddress, user: request.user }
    const result = source.edit(command.edits, by)
    if (result.done) return done(command, context)
    // The balancer has told already.
    return refuse(
      { format: command.format, message: problemMessage(command, result.problems, context), isChange: false },
      context,
    )
  }
  const names = newNames(command.edits, context.snapshot)
  if (names.length === 0) return commit()
  return resolveAll(names, source).then((problem) => {
    if (problem === undefined) return commit()
    const message = updateFailed(problem, portOf(problem, command.edits, context.snapshot))
    return refuse({ format: command.format, message, isChange: true }, context, problem)
  })
}

/** Names of hosts that were not there before, with whose they are to be; addresses need not be looked up. */
function newNames(edits: readonly Edit[], snapshot: BalancerSnapshot): readonly EditProblem[] {
  return edits.flatMap((edit): readonly EditProblem[] => {
    if (edit.type !== 'update-member' && edit.type !== 'update-worker') return []
    const { host } = edit.set
    const target =
      edit.type === 'update-member'
        ? { worker: edit.lb, member: edit.member }
        : { worker: edit.worker, member: undefined }
    if (host === undefined || isIP(host) !== 0 || host === backendOf(target, snapshot)?.host) return []
    return [{ reason: 'unresolvable', ...target, attribute: 'host', value: host }]
  })
}

/** The first that cannot be resolved; each name is looked up once. What no resolver should be asked is checked later. */
async function resolveAll(names: readonly EditProblem[], source: StatusSource): Promise<EditProblem | undefined> {
  const known = new Map<string, boolean>()
  for (const name of names) {
    const { value } = name
    if (!known.has(value)) known.set(value, !/^[\w.-]{1,63}$/.test(value) || (await source.canResolve(value)))
    if (known.get(value) === false) return name
  }
  return undefined
}

function problemMessage(
  { name, edits }: ChangeCommand,
  [first]: readonly EditProblem[],
  context: AnswerContext,
): string {
  if (first === undefined || name === 'recover') return messages.noRecovery
  return updateFailed(first, portOf(first, edits, context.snapshot))
}

/** The port that goes with a host: the one that was asked for with it, or else the one that is there. */
function portOf(problem: EditProblem, edits: readonly Edit[], snapshot: BalancerSnapshot): number {
  for (const edit of edits) {
    if (edit.type === 'update-member' && edit.member === problem.member && edit.set.port !== undefined)
      return edit.set.port
    if (edit.type === 'update-worker' && edit.set.port !== undefined) return edit.set.port
  }
  return backendOf(problem, snapshot)?.port ?? 0
}

function backendOf(
  { worker, member }: Pick<EditProblem, 'worker' | 'member'>,
  { workers }: BalancerSnapshot,
): BackendSnapshot | undefined {
  const found = workers.find(({ name }) => name === worker)
  if (found?.kind === 'endpoint') return found
  return found?.kind === 'lb' ? found.members.find(({ name }) => name === member) : undefined
}

// ---- answers -------------------------------------------------------------------------------------------------------

function done(command: ChangeCommand, context: AnswerContext): StatusAnswer {
  const { format } = command
  return answer(format, format === 'html' ? renderDone(command, context) : result(format, 'OK', messages.done, context))
}

/** `reason`: for the audit, where the message does not say enough. */
function refuse(
  { format, message, isChange }: StatusRefusal,
  context: AnswerContext,
  reason: string | EditProblem = message,
): StatusAnswer {
  const body = format === 'html' ? renderRefusal(message, context) : result(format, 'ERROR', message, context)
  return { ...answer(format, body), ...(isChange && { refusedEdit: reason }) }
}

/** A format that nobody knows is answered like properties (mod_jk.md 7.2). */
function result(format: Format, type: 'OK' | 'ERROR', message: string, { options }: AnswerContext): string {
  if (format === 'xml') return xmlResult(type, message, options)
  return format === 'txt' ? resultLine(type, message) : propertiesResult(type, message, options.prefix)
}

function answer(format: Format, body: string): StatusAnswer {
  return {
    status: 200,
    headers: {
      ...HEADERS[format],
      'Cache-Control': 'no-cache',
      Pragma: 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    },
    body,
  }
}
