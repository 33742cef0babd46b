/** The `balancer` of a clowder.yaml: one table per options type of the balancer room. What the options do stands there. */
import type { AccessRule, AuthOptions, Condition, MethodLimit } from '../balancer/access-options.ts'
import type { EnvRule } from '../balancer/environment.ts'
import type { EventLogOptions } from '../balancer/event-log.ts'
import type { LocationOptions } from '../balancer/location-match.ts'
import type {
  BalancerOptions,
  EndpointWorkerOptions,
  FrontLimits,
  FrontTimeouts,
  LbWorkerOptions,
  MountRule,
  StatusWorkerOptions,
  VirtualHostOptions,
} from '../balancer/options.ts'
import type { RuleExtensions } from '../balancer/rule-extensions.ts'
import type { FilesOptions, LogOptions, SiteOptions } from '../balancer/site-options.ts'
import type { TellingOptions } from '../balancer/telling-options.ts'
import {
  anyText,
  anyTextOrEmpty,
  choice,
  duration,
  type EitherKind,
  type Field,
  type FieldsOf,
  field,
  host,
  integer,
  list,
  map,
  type ObjectKind,
  object,
  path,
  port,
  type ReferenceKind,
  required,
  short,
  someDuration,
  type VariantsKind,
  variant,
  yes,
} from './clowder-yaml-kinds.ts'
import { maxAccessRules, maxHostNames, maxHosts, maxListeners, maxListItems, maxMounts, maxWorkers } from './limits.ts'

const names = list(anyText, maxListItems)
const statuses = list(integer(-599, 599), maxListItems)
const networks = list(anyText, maxListItems)
const activation = choice('active', 'disabled', 'stopped')

const endpointFields = {
  type: required(choice('http', 'https', 'ajp13'), 'How the backend is spoken to.'),
  host: field(host, 'localhost', 'Name or address of the backend.'),
  port: field(port, '8080 (http), 8443 (https), 8009 (ajp13)', 'Port of the backend; 0 = not to be contacted.'),
  source: field(host, 'the system’s choice', 'Local address to connect from.'),
  preferIpv6: field(yes, 'false', 'Of the addresses of a name, IPv6 first.'),
  socketConnectTimeoutMs: field(duration, 'socketTimeout', 'Limit of a TCP connect.'),
  socketTimeoutMs: field(duration, '0 = none', 'Limit of one read or write.'),
  socketKeepalive: field(yes, 'false', 'SO_KEEPALIVE.'),
  connectTimeoutMs: field(duration, '0 = no CPing', 'Wait for CPong after connecting.'),
  prepostTimeoutMs: field(duration, '0 = no CPing', 'Wait for CPong before a request.'),
  pingTimeoutMs: field(duration, '10s', 'Wait for CPong where nothing else says how long.'),
  connectionPingIntervalMs: field(duration, '0 = never', 'Idle time after which a pooled connection is probed.'),
  maxPacketSize: field(integer(0), '8192', 'Bytes of an AJP packet, at most 65536; the container’s packetSize.'),
  pingMode: field(
    { is: 'text', pattern: '[CPIAcpia]+', what: 'made of the letters C, P, I and A' },
    'none',
    'When to probe with CPing: C after connecting, P before a request, I while idle, A all of them.',
  ),
  secret: field(anyText, 'that of its lb', 'What the container’s AJP connector asks for.', { secret: true }),
  maxHeaderCount: field(integer(1, 10_000), '100', 'Most headers that the container takes; more are 431.'),
  answerGapMs: field(someDuration, '60s', 'Longest silence within an answer.'),
  namesDeleteAndPropfind: field(yes, 'false', 'Send DELETE and PROPFIND by name, for Tomcat 10.1.47.'),
  strictTruncation: field(yes, 'false', 'An answer of unknown length that ends with the connection counts as cut.'),
  replyTimeoutMs: field(duration, 'timeouts.reply', 'Longest wait for each piece of the answer; 0 = for ever.'),
  connectionPoolSize: field(integer(1), '250', 'Most connections at once.'),
  connectionPoolMinsize: field(integer(0), 'half the pool', 'Idle connections that trimming leaves.'),
  connectionPoolTimeoutMs: field(duration, '0 = never', 'Idle time after which a pooled connection is closed.'),
  connectionAcquireTimeoutMs: field(duration, 'retries × retryInterval', 'Longest wait for a free connection.'),
  busyLimit: field(integer(0), '0 = none', 'Most requests in flight; more are refused as busy.'),
  retries: field(integer(1), '2', 'Attempts on this backend, the first included.'),
  retryIntervalMs: field(duration, '100ms', 'Pause before a further attempt.'),
  recoveryOptions: field(integer(0, 31), '0', 'mod_jk’s recovery_options bits.'),
  allowReplay: field(yes, 'false', 'Repeat also POST, PATCH and the like after they may have been executed.'),
  failOnStatus: field(
    statuses,
    'none',
    'Answers with these statuses count as failures; negative: the member stays well.',
  ),
  lbfactor: field(integer(1, 1_000_000), '1', 'Weight as a member of an lb.'),
  distance: field(integer(0), '0', 'Lower is preferred.'),
  route: field(anyText, 'the name of the worker', 'Must equal the jvmRoute of the backend.'),
  domain: field(anyText, 'route before its first dot', 'Members that stand in for each other first.'),
  redirect: field(anyText, 'none', 'Route of the preferred failover member.'),
  activation: field(activation, 'active', 'disabled: sticky traffic only; stopped: none.'),
} as const satisfies FieldsOf<EndpointWorkerOptions>

/** Of `ajp13` workers alone. */
const ajpOnly: readonly (keyof EndpointWorkerOptions)[] = [
  'connectTimeoutMs',
  'prepostTimeoutMs',
  'pingTimeoutMs',
  'connectionPingIntervalMs',
  'maxPacketSize',
  'pingMode',
  'secret',
  'maxHeaderCount',
  'answerGapMs',
  'namesDeleteAndPropfind',
  'strictTruncation',
]

const lbFields = {
  type: required(choice('lb'), 'A balancer over other workers.'),
  balanceWorkers: required(list(anyText, maxWorkers, 1), 'Its members: http, https or ajp13 workers, in order.'),
  secret: field(anyText, 'none', 'For ajp13 members that have none of their own.', { secret: true }),
  stickySession: field(yes, 'true', 'A session stays on its member.'),
  stickySessionForce: field(yes, 'false', 'Fail instead of moving a session to another member.'),
  method: field(choice('request', 'traffic', 'busyness', 'session', 'next'), 'request', 'What is balanced.'),
  lock: field(choice('optimistic', 'pessimistic'), 'optimistic', 'Shown by jk-status; there is nothing to lock.'),
  retries: field(integer(1), '2', 'Rounds over the members, the first included.'),
  lbRetries: field(integer(1), '2', 'Member attempts per round.'),
  retryIntervalMs: field(duration, '100ms', 'Pause before a further round.'),
  recoverTimeMs: field(someDuration, '60s', 'Least time that a member stays in error.'),
  errorEscalationTimeMs: field(duration, 'half of recoverTime', 'How long local errors are tolerated.'),
  maxReplyTimeouts: field(integer(0), '0', 'Reply timeouts tolerated before a member is in error.'),
  sessionCookie: field(anyText, 'JSESSIONID', 'Cookie that holds the session id.'),
  sessionPath: field(anyText, ';jsessionid', 'Path parameter that holds the session id.'),
  setSessionCookie: field(yes, 'false', 'Set the session cookie, for backends that have no sessions of their own.'),
  sessionCookiePath: field(anyText, '/', 'Path of the cookie that is set.'),
} as const satisfies FieldsOf<LbWorkerOptions>

const statusFields = {
  type: required(choice('status'), 'The status page.'),
  css: field(anyText, 'none', 'Stylesheet link.'),
  readOnly: field(yes, 'false', 'Forbid changes.'),
  persist: field(yes, 'false', 'Keep changes made while it runs in FILE.edits, for the next start.'),
  users: field(names, 'everyone', 'Users who may.'),
  usersIgnoreCase: field(yes, 'false', 'Upper and lower case in user names do not differ.'),
  good: field(names, 'a.o, a.i, a.b, a.r', 'What makes a member good.'),
  bad: field(names, 's, e', 'What makes a member bad, whatever good says.'),
  prefix: field(anyText, 'worker', 'First part of keys in properties format.'),
  ns: field(anyText, '"jk:"', 'Prefix of XML elements; - for none.'),
  xmlns: field(anyText, 'xmlns:jk="http://tomcat.apache.org"', 'Attribute of the XML root; - for none.'),
  doctype: field(anyText, 'none', 'Line after the XML declaration.'),
} as const satisfies FieldsOf<StatusWorkerOptions>

const worker: VariantsKind = {
  is: 'variants',
  by: 'type',
  of: {
    http: variant(endpointFields, 'type', 'http', ajpOnly),
    https: variant(endpointFields, 'type', 'https', ajpOnly),
    ajp13: variant(endpointFields, 'type', 'ajp13'),
    lb: object(lbFields),
    status: object(statusFields),
  },
}

const extensionFields = {
  replyTimeoutMs: field({ ...duration, none: true }, 'the worker’s', 'Longest wait for each piece of the answer.'),
  stickyIgnore: field(yes, 'false', 'The session is not looked at.'),
  stateless: field(yes, 'false', 'Does not count as a session.'),
  active: field(names, 'none', 'Members that are active here.'),
  disabled: field(names, 'none', 'Members that are disabled here.'),
  stopped: field(names, 'none', 'Members that are stopped here.'),
  failOnStatus: field(statuses, 'the worker’s', 'Instead of the worker’s list.'),
  useServerErrors: field(integer(0), '0 = none', 'Answers from this status on are replaced by a page of the front.'),
  sessionCookie: field(anyText, 'the lb’s', 'Cookie that holds the session id.'),
  sessionPath: field(anyText, 'the lb’s', 'Path parameter that holds the session id.'),
  setSessionCookie: field(yes, 'the lb’s', 'Set the session cookie.'),
  sessionCookiePath: field(anyText, 'the lb’s', 'Path of the cookie that is set.'),
} as const satisfies FieldsOf<RuleExtensions>

const mountFields = {
  pattern: required(path, 'Path; * stands for any characters, ? for one.'),
  worker: required(anyText, 'Name of a worker of workerList; in an exclusion also *.'),
  exclude: field(yes, 'false', 'Requests that match do not go to the worker (JkUnMount).'),
  disabled: field(yes, 'false', 'Kept and shown, never matched.'),
  source: field(choice('mount-file', 'mount', 'worker'), 'mount', 'Which of equal patterns counts, in this order.', {
    preset: 'mount',
  }),
  extensions: field(object(extensionFields), 'none', 'What changes for the requests of this rule.'),
} as const satisfies FieldsOf<MountRule>

const condition: ReferenceKind = { is: 'reference', name: 'condition', to: () => conditionKind }

type ConditionOf<Is> = Extract<Condition, { is: Is }>

const conditionKind: VariantsKind = {
  is: 'variants',
  by: 'is',
  of: {
    all: short({ is: word('all'), granted: required(yes, 'Everybody, or nobody.') } satisfies FieldsOf<
      ConditionOf<'all'>
    >),
    ip: short({ is: word('ip'), networks: required(networks, 'Addresses and networks.') } satisfies FieldsOf<
      ConditionOf<'ip'>
    >),
    user: short({ is: word('user'), names: required(names, 'Who is logged in.') } satisfies FieldsOf<
      ConditionOf<'user'>
    >),
    'valid-user': short({ is: word('valid-user') } satisfies FieldsOf<ConditionOf<'valid-user'>>),
    method: short({ is: word('method'), methods: required(names, 'Methods.') } satisfies FieldsOf<
      ConditionOf<'method'>
    >),
    env: short({ is: word('env'), names: required(names, 'Variables, one of which is set.') } satisfies FieldsOf<
      ConditionOf<'env'>
    >),
    any: short({
      is: word('any'),
      of: required(list(condition, maxListItems), 'One yes is enough.'),
    } satisfies FieldsOf<ConditionOf<'any'>>),
    every: short({
      is: word('every'),
      of: required(list(condition, maxListItems), 'No no, and one yes.'),
    } satisfies FieldsOf<ConditionOf<'every'>>),
    not: short({ is: word('not'), of: required(condition, 'What must not hold.') } satisfies FieldsOf<
      ConditionOf<'not'>
    >),
  },
}

function word(is: Condition['is']): Field {
  return required(choice(is), 'The kind of condition.')
}

const authFields = {
  realm: field(anyTextOrEmpty, 'empty', 'What browsers show.'),
  users: field({ is: 'pairs', max: maxListItems }, 'none', 'Names with htpasswd entries (bcrypt, apr1, SHA).', {
    secret: true,
  }),
  none: field(yes, 'false', 'No authentication here.'),
} as const satisfies FieldsOf<AuthOptions>

const match = field(choice('prefix', 'glob', 'regexp'), 'prefix', 'How location is compared with the path.')
const about = field(choice('path', 'folder', 'name'), 'path', 'folder, name: location is that of a file served here.')
const location = required(anyText, 'Path; with match prefix it matches itself and everything below.')

const order = choice('deny,allow', 'allow,deny')
const lists = {
  allow: field(networks, 'none', 'Who may: addresses, networks (10.0.0.0/8), local, all.'),
  deny: field(networks, 'none', 'Who may not.'),
}

const methodLimitFields = {
  methods: required(list(anyText, maxListItems, 1), 'Methods; GET and HEAD are one.'),
  except: field(yes, 'false', 'All methods but these.'),
  ...lists,
  order: field(order, 'that of the section', 'What is decided last wins.'),
} as const satisfies FieldsOf<MethodLimit>

const accessFields = {
  location,
  match,
  of: about,
  ...lists,
  order: field(order, 'allow,deny where allow, deny or limits are given', 'What is decided last wins.'),
  limits: field(list(short(methodLimitFields), maxListItems), 'none', 'Further lists for some methods.'),
  require: field(condition, 'none', 'A condition, as of httpd’s Require.'),
  satisfy: field(choice('all', 'any'), 'all', 'Whether order and require must both let in, or one is enough.'),
  auth: field(object(authFields), 'that of the sections around it', 'HTTP Basic authentication.'),
} as const satisfies FieldsOf<AccessRule>

const envSource: EitherKind = {
  is: 'either',
  word: choice('remote-addr', 'server-addr', 'method', 'protocol', 'path'),
  object: {
    is: 'object',
    one: true,
    short: true,
    fields: {
      field: field(anyText, 'none', 'Request fields whose name fits a regular expression.'),
      variable: field(anyText, 'none', 'A variable.'),
    },
  },
}

const locationFields = { location, match } as const satisfies FieldsOf<LocationOptions>

const envFields = {
  where: field(short(locationFields), 'everywhere', 'The paths it holds for.'),
  when: field(
    short({
      of: required(envSource, 'What is looked at.'),
      matches: required(anyTextOrEmpty, 'A regular expression.'),
    } satisfies FieldsOf<Required<EnvRule>['when']>),
    'always',
    'The requests it holds for.',
  ),
  sets: required({ is: 'pairs', max: maxListItems, empty: true }, 'Names and values; nothing removes the variable.'),
} as const satisfies FieldsOf<EnvRule>

const tellingFields = {
  attributes: field(
    { is: 'pairs', max: maxListItems, empty: true },
    'none',
    'Variables that ajp13 workers get as request attributes, each with what is sent where it is not set; nothing: nothing.',
  ),
  clientAddress: field(choice('client', 'local'), 'client', 'local: the address of this end in place of the client’s.'),
  tlsVariables: field(yes, 'true', 'The variables HTTPS=on and SSL_* tell of TLS that ended at a proxy in front.'),
  keySize: field(yes, 'true', 'Tell the key size of TLS.'),
  certificateChain: field(yes, 'false', 'Tell the chain of a client’s certificate along with it.'),
  closesConnections: field(yes, 'false', 'Close the connection to a worker after each answer.'),
} as const satisfies FieldsOf<TellingOptions>

const filesFields = {
  root: field({ is: 'file' }, 'none', 'Folder of the files.'),
  aliases: field(
    list(
      short({
        path: required(path, 'Path, and everything below it.'),
        target: required({ is: 'file' }, 'What stands there.'),
      } satisfies FieldsOf<NonNullable<FilesOptions['aliases']>[number]>),
      maxListItems,
    ),
    'none',
    'Paths that lead elsewhere.',
  ),
  applications: field({ is: 'file' }, 'none', 'Tomcat’s folder of applications.'),
  index: field(names, 'index.html', 'What a folder shows.'),
  followSymlinks: field(yes, 'true', 'Symbolic links lead out of the folder, too.'),
  stripSession: field(anyText, 'none', 'Cut out of paths that no rule maps.'),
} as const satisfies FieldsOf<FilesOptions>

const logFields = {
  file: required({ is: 'file' }, 'Where it is written.'),
  format: required(anyTextOrEmpty, 'httpd’s LogFormat.'),
  of: field(choice('httpd', 'jk'), 'httpd', 'jk: format codes are those of JkRequestLogFormat.'),
  only: field(anyText, 'all', 'Only requests with this variable, or, with !, without it.'),
} as const satisfies FieldsOf<LogOptions>

const mountFileFields = {
  file: required({ is: 'file' }, 'A uriworkermap.properties.'),
  reloadMs: field(duration, '60s', 'How often it is looked at; 0 = never.', { preset: 60_000 }),
} as const satisfies FieldsOf<Required<SiteOptions>['mountFile']>

const hostFields = {
  label: field(anyText, 'the first name', 'What jk-status shows as the server of its mounts.'),
  names: field(list(anyText, maxHostNames), 'none', 'Host names; *.example.com matches subdomains.', { preset: [] }),
  addresses: field(list(anyText, maxHostNames), 'everywhere', 'Where it answers: ADDRESS:PORT, with * for any.'),
  mounts: field(list(short(mountFields), maxMounts), 'none', 'Which paths go to which worker.', { preset: [] }),
  mountFile: field(short(mountFileFields), 'none', 'A file with further mounts.'),
  access: field(list(short(accessFields), maxAccessRules), 'none', 'Who may request which paths.', { preset: [] }),
  env: field(list(short(envFields), maxAccessRules), 'none', 'Variables of requests.'),
  forced: field(list(short(locationFields), maxAccessRules), 'none', 'Paths that go to the worker of JK_WORKER_NAME.'),
  telling: field(object(tellingFields), 'none', 'What workers are told otherwise.'),
  rejectUnsafePaths: field(yes, 'false', 'A path that holds % or \\ when it is decoded is never mapped.'),
  files: field(object(filesFields), 'none', 'Files for paths that no rule maps.'),
  logs: field(list(short(logFields), maxListeners), 'none', 'Logs of requests.'),
} as const satisfies FieldsOf<VirtualHostOptions>

const limitFields = {
  headBytes: field(integer(256), '65536', 'Bytes of a request head; more is 431.'),
  headerCount: field(integer(1), '100', 'Header fields; more is 431.'),
  targetBytes: field(integer(16), '8192', 'Bytes of a request target; more is 414.'),
  bodyBytes: field(integer(0, Number.MAX_SAFE_INTEGER), '0 = no limit', 'Bytes of a request body; more is 413.'),
  pipelinedRequests: field(integer(1), '32', 'Requests that wait unanswered on one connection.'),
  connections: field(integer(1), '16384', 'Client connections at once.'),
  requestsPerConnection: field(integer(0), '0 = no limit', 'Requests on one connection.'),
} as const satisfies FieldsOf<FrontLimits>

const timeoutFields = {
  headMs: field(duration, '20s', 'For a whole request head; then 408.'),
  bodyMs: field(duration, '30s', 'For progress of a request body; then 408.'),
  keepAliveMs: field(duration, '15s', 'Between requests.'),
  halfClosedMs: field(duration, '30s', 'For the answer to a client that has closed its sending side.'),
  sendMs: field(duration, '60s', 'For progress of a response that the client does not read.'),
  replyMs: field(duration, '5m', 'For the backend’s answer, where the worker has no replyTimeout; then 504.'),
} as const satisfies FieldsOf<FrontTimeouts>

const eventLogFields = {
  file: field({ is: 'file' }, 'none', 'Where it is written, besides standard error.'),
  level: field(
    choice('trace', 'debug', 'info', 'warn', 'error', 'emerg'),
    'info',
    'What matters less than this is left out; who has changed what never is.',
  ),
  stamp: field(anyTextOrEmpty, '[%a %b %d %H:%M:%S.%Q %Y]', 'The time, in codes of strftime; %Q is ms.'),
} as const satisfies FieldsOf<EventLogOptions>

/** Everything but `properties`, which is the file itself. */
const balancerFields = {
  listen: field(
    list({ is: 'listen' }, maxListeners),
    '127.0.0.1:8080',
    'Where to listen: HOST:PORT, *:PORT for all addresses.',
    {
      preset: [],
    },
  ),
  workers: required(map(worker, maxWorkers), 'Backends, load balancers and status pages, by name.'),
  workerList: field(
    list(anyText, maxWorkers, 1),
    'all but the members of an lb',
    'Workers that may be mounted and are shown.',
  ),
  hosts: required(list(object(hostFields), maxHosts, 1), 'Virtual hosts; the first is the default host.'),
  trustedProxies: field(networks, 'none', 'Whose X-Forwarded-* and Forwarded are believed.'),
  limits: field(object(limitFields), 'see there', 'Limits of the front; 0 = none where it says so.'),
  timeouts: field(object(timeoutFields), 'see there', 'Timeouts of the front; 0 = none.'),
  log: field(object(eventLogFields), 'none', 'What happens, for operators.'),
  maintainMs: field(duration, '60s', 'Pool trimming, decay and recovery checks.'),
} as const satisfies FieldsOf<Omit<BalancerOptions, 'properties'>>

export const balancerKind: ObjectKind = object(balancerFields)
