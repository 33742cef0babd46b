/**
 * One node of a session cluster as a process of its own, to be killed and cut off: `session-node.js OPTIONS`, the options
 * as JSON. Prints `ready NAME` when it serves. Sessions and their adapter are the real ones; the app only counts and notes
 * what it is told, and says what it holds.
 *
 *   POST /count?op=N           the session counts one and remembers N; makes the session
 *   GET  /count                the same without counting
 *   POST /note?writer=W&op=N   writes N to an attribute of W's own and to one that all writers share; 404 without a session
 *   POST /begin                makes a session for notes
 *   GET  /replicas             all sessions that this node would serve, with their values
 *   GET  /members              how many others the manager knows, how many of them are behind, and its count of conflicts
 */
import { createServer, type ServerResponse } from 'node:http'
import { type RequestWith, sessions } from '../../src/adapters/node-http.ts'
import { createChannel } from '../../src/cluster/index.ts'
import { createSessionManager, type SendMode, type Session } from '../../src/session/index.ts'
import { TRAIL_LENGTH } from './history.ts'

export interface NodeOptions {
  readonly name: string
  readonly manager: 'delta' | 'backup'
  readonly sendOptions: SendMode
  /** Where it answers: a port of loopback, or the path of a socket, which works across network namespaces. */
  readonly listen: number | string
  readonly channel: { readonly host: string; readonly port: number }
  readonly members: readonly { readonly host: string; readonly port: number }[]
}

/** What one node holds of one session. */
export interface Replica {
  readonly key: string
  readonly values: Readonly<Record<string, unknown>>
}

export interface MembersAnswer {
  readonly members: number
  readonly behind: number
  /** As the manager has counted them (`ManagerCounts`). */
  readonly conflicts: number
}

type Values = { count: number; trail: number[]; shared: string; [writer: `by-${string}`]: number }

const options = JSON.parse(process.argv[2]!) as NodeOptions

const channel = createChannel({
  receiver: { address: options.channel.host, port: options.channel.port, autoBind: 1 },
  members: options.members,
  insecure: true,
})
const { name, sendOptions, manager: kind } = options
const manager = createSessionManager({ name: 'chaos', channel, route: name, manager: kind, sendOptions })
await channel.start()
await manager.start()

const server = createServer({ keepAliveTimeout: 0 }, sessions<Values>(answer, { manager }))
server.listen(
  typeof options.listen === 'string' ? { path: options.listen } : { port: options.listen, host: '127.0.0.1' },
)
server.on('listening', () => console.log(`ready ${name}`))

function answer(request: RequestWith<Values>, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url!, 'http://node')
  switch (`${request.method} ${pathname}`) {
    case 'POST /count':
      count(request.session, Number(searchParams.get('op')))
      say(response, counted(request))
      return
    case 'GET /count':
      say(response, counted(request))
      return
    case 'POST /begin':
      request.session.shared = ''
      say(response, { key: keyOf(request) })
      return
    case 'POST /note':
      note(request, response, searchParams.get('writer')!, Number(searchParams.get('op')))
      return
    case 'GET /replicas':
      say(response, replicas())
      return
    case 'GET /members':
      say(response, members())
      return
    default:
      say(response, { error: 'nothing here' }, 404)
  }
}

function count(session: RequestWith<Values>['session'], op: number): void {
  session.count = (session.count ?? 0) + 1
  session.trail = [...(session.trail ?? []), op].slice(-TRAIL_LENGTH)
}

function counted(request: RequestWith<Values>) {
  const { count = 0, trail = [] } = request.session
  return { pid: process.pid, key: count === 0 ? '' : keyOf(request), count, trail }
}

function note(request: RequestWith<Values>, response: ServerResponse, writer: string, op: number): void {
  const { session } = request
  const isThere = session.shared !== undefined
  if (isThere) {
    session[`by-${writer}`] = op
    session.shared = `${writer}:${op}`
  }
  say(response, { key: keyOf(request) }, isThere ? 200 : 404)
}

function replicas(): Replica[] {
  return [...manager.sessions()].filter(({ key }) => manager.find(key) !== undefined).map(replicaOf)
}

function replicaOf(session: Session): Replica {
  return {
    key: session.key,
    values: Object.fromEntries(
      session
        .names()
        .sort()
        .map((attribute) => [attribute, session.get(attribute)]),
    ),
  }
}

function members(): MembersAnswer {
  const { members, counts } = manager.snapshot()
  const behind = members.filter((member) => member.behind).length
  return { members: members.length, behind, conflicts: counts.conflicts }
}

/** The id without the route, which changes when the session moves. */
function keyOf(request: RequestWith<Values>): string {
  return request.sessionID.split('.', 1)[0]!
}

function say(response: ServerResponse, value: object, status = 200): void {
  const body = JSON.stringify(value)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body)
}
