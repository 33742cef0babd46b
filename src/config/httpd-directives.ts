/**
 * The directives of httpd and mod_jk that clowder knows: the table behind the parser and the reference page. Directives that
 * are not here are httpd's own business; they are ignored and named once. Source of the Jk rows: mod_jk.md 2.1 and 2.2.
 */
import { jkVariables } from './jk-options.ts'
import type { Effect } from './worker-directives.ts'

/** server: main server only; host: also in VirtualHost; location: also in Location. */
export type Context = 'server' | 'host' | 'location'

export interface HttpdDirective {
  readonly name: string
  readonly arguments: string
  readonly context: Context
  readonly default: string
  readonly effect: Effect
  readonly note?: string
  readonly from: 'mod_jk' | 'httpd'
}

function jk(
  name: string,
  args: string,
  context: Context,
  preset: string,
  effect: Effect,
  note?: string,
): HttpdDirective {
  return {
    name,
    arguments: args,
    context,
    default: preset,
    effect,
    from: 'mod_jk',
    ...(note === undefined ? {} : { note }),
  }
}

function httpd(name: string, args: string, context: Context, effect: Effect, note?: string): HttpdDirective {
  return {
    name,
    arguments: args,
    context,
    default: '–',
    effect,
    from: 'httpd',
    ...(note === undefined ? {} : { note }),
  }
}

const background = 'clowder always maintains its workers in the background'
const oneLog = 'clowder’s own log: of the main server, else of the first host that has one;'
const memory = 'workers live in one process, no file is shared'

export const httpdDirectives: readonly HttpdDirective[] = [
  jk('JkWorkersFile', 'file', 'server', 'none', 'acts', 'once'),
  jk('JkWorkerProperty', 'name=value', 'server', '–', 'acts', 'read before the file'),
  jk('JkMount', 'path worker', 'location', '–', 'acts', 'in `<Location X>` without path: exactly X'),
  jk('JkUnMount', 'path worker', 'location', '–', 'acts', 'worker `*` = all'),
  jk('JkMountFile', 'file', 'host', 'none', 'acts'),
  jk('JkMountCopy', 'On, Off, All', 'host', 'Off', 'acts', 'All in the main server only'),
  jk('JkMountFileReload', 's', 'host', '60', 'acts', '0 and less: never'),
  jk('JkShmFile', 'file', 'server', '`logs/jk-runtime-status`', 'moot', memory),
  jk('JkShmSize', 'KB', 'server', 'auto', 'moot', memory),
  jk('JkWatchdogInterval', 's', 'server', '0', 'moot', background),
  jk('JkAutoAlias', 'folder', 'host', 'none', 'acts', 'for paths that no rule maps'),
  jk(
    'JkLogFile',
    'file',
    'host',
    'none',
    'acts',
    `${oneLog} besides standard error; each host's for JkRequestLogFormat`,
  ),
  jk('JkLogLevel', 'level', 'host', 'info', 'acts', `${oneLog} failed attempts and refused requests at debug`),
  jk(
    'JkLogStampFormat',
    'format',
    'host',
    '`[%a %b %d %H:%M:%S.%Q %Y] `',
    'acts',
    'codes of strftime, `%Q` ms, `%q` µs',
  ),
  jk('JkRequestLogFormat', 'format', 'host', 'none', 'acts', 'all codes of mod_jk'),
  jk('JkOptions', '[+|-]options', 'host', '`ForwardURIProxy ForwardKeySize`', 'acts', 'see below'),
  jk('JkEnvVar', 'name [default]', 'host', '–', 'acts', 'a request attribute for AJP workers; see below'),
  jk('JkStripSession', 'On, Off [name]', 'host', 'Off', 'acts', 'name: `;jsessionid`'),
  jk('JkExtractSSL', 'On, Off', 'host', 'On', 'acts', 'variables that tell of TLS; clowder’s own waits'),
  ...jkVariables.flatMap(({ name, indicator, effect, note }) =>
    indicator === undefined ? [] : [jk(indicator, 'variable', 'host', `\`${name.replace('*', '')}\``, effect, note)],
  ),

  httpd('Listen', '[address:]port [protocol]', 'server', 'acts', 'https is not opened yet'),
  httpd('ServerName', 'name[:port]', 'host', 'acts'),
  httpd('ServerAlias', 'names', 'host', 'acts', '`*.example.com` matches subdomains; other wildcards do not count'),
  httpd('ServerRoot', 'folder', 'server', 'acts', 'base of relative paths; without it they are relative to the file'),
  httpd(
    'Include',
    'file',
    'location',
    'acts',
    'wildcards in any part of the path; a folder stands for all files below it',
  ),
  httpd('IncludeOptional', 'file', 'location', 'acts'),
  httpd('Define', 'name [value]', 'location', 'acts', 'for variables in braces and `<IfDefine>`'),
  httpd('UnDefine', 'name', 'location', 'acts'),
  httpd(
    '<IfModule>',
    '[!]module',
    'location',
    'acts',
    'true for jk_module and the modules whose directives stand here',
  ),
  httpd('<IfDefine>', '[!]name', 'location', 'acts'),
  httpd('<IfVersion>', '[operator] version', 'location', 'acts', 'clowder counts as httpd 2.4'),
  httpd('<VirtualHost>', 'addresses', 'server', 'acts', 'by address, then by name'),
  httpd('<Location>', 'path', 'host', 'acts'),
  httpd('<LocationMatch>', 'regular expression', 'host', 'acts'),
  httpd('<Directory>', 'folder', 'host', 'acts', 'for files that clowder serves itself; its JkMounts do not count'),
  httpd('<DirectoryMatch>', 'regular expression', 'host', 'acts'),
  httpd('<Files>', 'name', 'host', 'acts', 'for files that clowder serves itself'),
  httpd('<FilesMatch>', 'regular expression', 'host', 'acts'),
  httpd('DocumentRoot', 'folder', 'host', 'acts', 'files for paths that no rule maps'),
  httpd('Alias', 'path target', 'location', 'acts'),
  httpd('DirectoryIndex', 'names', 'location', 'acts', 'default `index.html`; for the whole server'),
  httpd('Options', 'options', 'location', 'acts', 'in `<Directory>`: FollowSymLinks; nothing else'),
  httpd('SetEnv', 'variable [value]', 'location', 'acts'),
  httpd('UnsetEnv', 'variables', 'location', 'acts'),
  httpd('SetEnvIf', 'what pattern [!]variable[=value]…', 'location', 'acts'),
  httpd('SetEnvIfNoCase', 'what pattern [!]variable[=value]…', 'location', 'acts'),
  httpd('BrowserMatch', 'pattern [!]variable[=value]…', 'location', 'acts'),
  httpd('BrowserMatchNoCase', 'pattern [!]variable[=value]…', 'location', 'acts'),
  httpd(
    'SetHandler',
    'handler',
    'location',
    'acts',
    '`jakarta-servlet`: to the worker of JK_WORKER_NAME; nothing else',
  ),
  httpd('AuthType', 'Basic, None', 'location', 'acts', 'others let nobody in'),
  httpd('AuthName', 'realm', 'location', 'acts'),
  httpd('AuthUserFile', 'file', 'location', 'acts', 'htpasswd with bcrypt, apr1 or SHA; read at the start'),
  httpd('AuthBasicProvider', 'file', 'location', 'acts', 'others let nobody in'),
  httpd(
    'AuthGroupFile',
    'file',
    'location',
    'acts',
    'read at the start; for the `Require group` of the same section, elsewhere that counts as not met',
  ),
  httpd('Order', 'deny,allow or allow,deny', 'location', 'acts'),
  httpd('Allow', 'from addresses', 'location', 'acts', 'no host names, no env='),
  httpd('Deny', 'from addresses', 'location', 'acts', 'no host names, no env='),
  httpd('Satisfy', 'All, Any', 'location', 'acts'),
  httpd(
    'Require',
    'condition',
    'location',
    'acts',
    'all, ip, local, user, group, valid-user, method, env, each with not; others count as not met',
  ),
  httpd('<RequireAny>', '', 'location', 'acts'),
  httpd('<RequireAll>', '', 'location', 'acts'),
  httpd('<RequireNone>', '', 'location', 'acts'),
  httpd('<Limit>', 'methods', 'location', 'acts', 'which methods the access rules in it are about; no Satisfy in it'),
  httpd('<LimitExcept>', 'methods', 'location', 'acts', 'the same, for all other methods'),
  httpd('KeepAlive', 'On, Off', 'location', 'acts', 'for all hosts, as all that follow here'),
  httpd('KeepAliveTimeout', 's', 'location', 'acts', 'default 15; `500ms` is understood'),
  httpd('MaxKeepAliveRequests', 'number', 'location', 'acts', 'default 0, no limit'),
  httpd('Timeout', 's', 'location', 'acts', 'for a request body (default 30) and for sending an answer (60)'),
  httpd(
    'RequestReadTimeout',
    'header=s body=s',
    'location',
    'acts',
    'default 20 and 30; the longer time where there are two',
  ),
  httpd('LimitRequestBody', 'bytes', 'location', 'acts', 'default 0, no limit'),
  httpd('LimitRequestFields', 'number', 'location', 'acts', 'default 100'),
  httpd('LimitRequestLine', 'bytes', 'location', 'acts', 'default 8192, of the target alone'),
  httpd('LimitRequestFieldSize', 'bytes', 'location', 'never', 'a request head is limited as a whole, to 64 KiB'),
  httpd(
    'CustomLog',
    'file format [env=[!]variable]',
    'host',
    'acts',
    'no programs; SIGHUP and SIGUSR1 open files again',
  ),
  httpd('LogFormat', 'format [name]', 'host', 'acts'),
  httpd('TransferLog', 'file', 'host', 'acts'),
  httpd('ErrorLog', 'file', 'host', 'acts', 'in place of JkLogFile where there is none'),
  httpd('LogLevel', 'level', 'location', 'acts', 'of ErrorLog, where neither JkLogFile nor JkLogLevel stands'),
  httpd('LoadModule', 'module file', 'server', 'moot', 'clowder loads no modules'),
  httpd('NameVirtualHost', 'address', 'server', 'moot', 'has no meaning since httpd 2.4'),
]

const byKey = new Map(httpdDirectives.map((row) => [row.name.toLowerCase().replace(/[<>]/g, ''), row]))

/** The row of a directive or section; case does not matter. */
export function httpdDirective(name: string): HttpdDirective | undefined {
  return byKey.get(name.toLowerCase())
}

/** The directives of mod_jk, for "did you mean". */
export const jkNames = httpdDirectives.filter(({ from }) => from === 'mod_jk').map(({ name }) => name)

/** Whether clowder acts on it: what must not be skipped in silence. */
export function isRead(name: string): boolean {
  const row = httpdDirective(name)
  return row?.effect === 'acts' || row?.effect === 'later'
}

/** Directives and sections that decide who may. */
export const accessNames: ReadonlySet<string> = new Set([
  ...['order', 'allow', 'deny', 'satisfy', 'require', 'requireany', 'requireall', 'requirenone'],
])

/** Directives that say how users prove who they are. */
export const authNames: ReadonlySet<string> = new Set([
  ...['authtype', 'authname', 'authuserfile', 'authbasicprovider', 'authgroupfile'],
])
