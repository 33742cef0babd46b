/**
 * What can be wrong with a configuration: one row per code of a complaint, and the error for callers who want an exception
 * rather than a list. Whether a finding stops the program is decided here, by one rule: what stops httpd, mod_jk or Tomcat
 * is an error, what they live with is a warning. Rows that are stricter say why.
 */
import type { Complaint } from './complaint.ts'

export const configErrors = {
  // Files and text
  CONFIG_FILE_UNREADABLE: error(
    'a file cannot be read, or is no regular file',
    'correct the name or the permissions; names are relative to the file they stand in, or to ServerRoot',
  ),
  CONFIG_FILE_TOO_LARGE: error(
    'a file, or all files together, are larger than the limit',
    'see that it is the file you mean; split it',
  ),
  CONFIG_FILE_KIND: error('the file is of another kind than the command reads', 'give the file to the other command'),
  CONFIG_TEXT_NUL: error('NUL characters: not a text file, or not UTF-8', 'save the file as UTF-8 text'),
  CONFIG_TEXT_BOM: warning(
    'a byte order mark, which mod_jk takes for part of the first name',
    'save the file without byte order mark',
  ),
  CONFIG_TEXT_TEMPLATE: error(
    'the file is a template whose places have not been filled in',
    'render the template, and give clowder the result',
  ),
  CONFIG_LINE_TOO_LONG: error(
    'a line that is longer than the limit; mod_jk would cut it and read its tail as a second one',
    'break the value into several lines; lists may be repeated',
  ),
  CONFIG_COMPLAINTS_CUT: warning('more complaints than are shown', 'correct what is shown, and check again'),

  // Directives and values
  CONFIG_DIRECTIVE_UNKNOWN: error(
    'no such directive; mod_jk or httpd does not start',
    'correct the spelling, or remove the line',
  ),
  CONFIG_DIRECTIVE_TWICE: warning('given more than once; the last one counts', 'remove the line that does not count'),
  CONFIG_DIRECTIVE_DEPRECATED: warning('an old name; the message gives the new one', 'write the new name'),
  CONFIG_DIRECTIVE_LATER: warning(
    'accepted, has no effect yet',
    'see whether you can do without; the reference pages say what clowder acts on',
  ),
  CONFIG_EDIT_KEPT: warning(
    'the file says one thing, and a change made through jk-status another, which holds',
    'write it into the file, or remove its line from FILE.edits',
  ),
  CONFIG_EDIT_OVERRULED: warning(
    'a change made through jk-status does not hold any more: the file has been changed since',
    'nothing, if that is what you want; the line goes with the next start',
  ),
  CONFIG_EDIT_SYNTAX: error(
    'a line of FILE.edits is no change that was made through jk-status',
    'remove the line, or the file: the changes that it holds are then gone',
  ),
  CONFIG_DIRECTIVE_NO_EFFECT: warning('accepted, has no effect', 'remove the line'),
  CONFIG_DIRECTIVE_MISPLACED: warning(
    'known, but without meaning at this place',
    'move the line to a worker it is for, or remove it',
  ),
  CONFIG_LINE_IGNORED: warning('a line that is not name=value', 'write name=value, or make it a comment'),
  CONFIG_VALUE_EMPTY: warning('an empty value counts as not given', 'give a value, or remove the line'),
  CONFIG_VALUE_NOT_BOOLEAN: warning('neither true nor false; the message says how it is read', 'write true or false'),
  CONFIG_VALUE_NOT_NUMBER: error(
    'not a whole number, or with text behind it; versions of mod_jk disagree on what it means, so clowder does not guess',
    'write digits only',
  ),
  CONFIG_VALUE_OUT_OF_RANGE: error(
    'a number outside of what is possible',
    'choose a value within the range of the message',
  ),
  CONFIG_VALUE_ADJUSTED: warning(
    'a number that is raised or lowered to the nearest one allowed',
    'write the value that is taken',
  ),
  CONFIG_VALUE_SUFFIX: warning(
    'k and m multiply by 1024 and 1 048 576; they are no units of time',
    'write the number in full',
  ),
  CONFIG_VALUE_WORD: warning(
    'a word that is read by its first letter as something else',
    'write the word that is meant',
  ),
  CONFIG_VALUE_REFUSED: error('a value that is not understood', 'choose a value that the message names'),
  CONFIG_VALUE_TOO_LONG: error('longer than mod_jk can hold', 'choose a shorter one'),
  CONFIG_VALUE_LONG: warning('longer than documented; some versions of mod_jk do not start', 'choose a shorter one'),
  CONFIG_VARIABLE_UNKNOWN: warning(
    'a variable that is not defined before its use; its text stays as it is',
    'define it above its use, or in the environment',
  ),
  CONFIG_VARIABLE_UNUSED: warning(
    'a name outside of `worker.` sets a variable, and nothing uses it',
    'remove the line; where it was meant for a worker, write worker.NAME.DIRECTIVE',
  ),
  CONFIG_COMMENT_DIFFERS: warning(
    'a comment says one number, time, address or port, and the value below it another',
    'correct the one that is wrong',
  ),
  CONFIG_ADDRESS_SYNTAX: error(
    'not a host name, address or port',
    'write a host name or an address, and the port where it belongs',
  ),
  CONFIG_NAME_ODD: warning('a name with characters that names should not have', 'use letters, digits, - and _'),
  CONFIG_QUOTE_CURLY: warning('a typographic quote, which is no quote here', 'write straight quotes'),

  // Workers
  CONFIG_WORKER_LIST_MISSING: warning(
    'no worker.list; mod_jk then has the single worker ajp13',
    'name the workers that may be mounted in worker.list',
  ),
  CONFIG_WORKER_UNDEFINED: warning(
    'in worker.list, but nothing else is said about it; mod_jk makes it ajp13 at localhost:8009',
    'correct the spelling, or say where the worker is',
  ),
  CONFIG_WORKER_UNUSED: warning(
    'defined, but neither listed, nor a member, nor referenced',
    'add it to worker.list or to an lb, or remove it',
  ),
  CONFIG_WORKER_TYPE: error('no such type of worker', 'choose http, https, ajp13, lb or status'),
  CONFIG_WORKER_LIMIT: error('more workers than the limit', 'see that it is the file you mean'),
  CONFIG_REFERENCE_UNKNOWN: error(
    'a reference to a worker without properties',
    'write worker.NAME of a worker that has directives',
  ),
  CONFIG_REFERENCE_DEPTH: error(
    'references of references, deeper than the limit, or in a circle',
    'refer to a template directly',
  ),
  CONFIG_MEMBER_UNDEFINED: error(
    'a member that is not defined; mod_jk would send its share to localhost:8009, which nobody wants',
    'correct the spelling, or define the member',
  ),
  CONFIG_MEMBER_TYPE: error(
    'a member that is no http, https or ajp13 worker',
    'name backends as members; an lb cannot balance over lbs',
  ),
  CONFIG_LB_EMPTY: error('an lb without members', 'name its members in balance_workers'),
  CONFIG_ROUTE_TWICE: error(
    'two members of one lb have the same route',
    'give each member the route that is the jvmRoute of its backend',
  ),
  CONFIG_REDIRECT_UNKNOWN: warning(
    'redirect names no route of the lb',
    'name the route, not the worker, of another member',
  ),
  CONFIG_DOMAIN_DOT: warning('a domain with a dot never matches a session route', 'choose a domain without a dot'),
  CONFIG_WORKERS_NONE: warning(
    'no workers at all, so that requests for mounted paths get 500; mod_jk starts too',
    'add JkWorkersFile or JkWorkerProperty; for a part of a configuration, check it together with the file that has them',
  ),
  CONFIG_WORKER_EXPOSED: warning(
    'AJP to other machines without a secret: a backend that asks for none believes whoever reaches its port',
    'give each worker a secret, and the same to the Connector of its backend',
  ),

  // Mounts
  CONFIG_MOUNT_PATTERN: error('a mount pattern that does not start with /', 'start the pattern with /'),
  CONFIG_MOUNT_SKIPPED: warning(
    'a rule that cannot be used is skipped, the others work',
    'correct the rule, or remove it',
  ),
  CONFIG_MOUNT_TWICE: warning('the same pattern twice; the last one counts', 'remove the rule that does not count'),
  CONFIG_MOUNT_WORKER_UNKNOWN: warning(
    'mounts a worker that is not in worker.list; its requests get 500',
    'correct the name, or add the worker to worker.list',
  ),
  CONFIG_STATUS_OPEN: warning(
    'a status page that everybody may open who reaches the front',
    'add a <Location> with Require, or user= with Basic authentication',
  ),
  CONFIG_MOUNT_EXTENSION: warning(
    'a rule extension that is not known, or not in effect',
    'see whether you can do without',
  ),
  CONFIG_MOUNT_UNREACHED: warning(
    'mounts of the main server that no virtual host copies',
    'write JkMountCopy All, or move the mounts into a host',
  ),

  // httpd syntax
  CONFIG_SECTION_SYNTAX: error('a section line without its closing >', 'close the line with >'),
  CONFIG_SECTION_OPEN: error('a section that is never closed', 'add the closing line'),
  CONFIG_SECTION_MISMATCH: error(
    'a closing line that closes nothing, or another section',
    'close sections in the reverse order of their opening',
  ),
  CONFIG_SECTION_DEPTH: error('sections nested deeper than the limit', 'see that it is the file you mean'),
  CONFIG_SECTION_SKIPPED: warning(
    'a section that does not apply holds directives clowder would read',
    'move what clowder should read out of the section',
  ),
  CONFIG_QUOTE_OPEN: warning('a quote that is not closed runs to the end of the line', 'close the quote'),
  CONFIG_ARGUMENTS: error(
    'too few or too many arguments, or a wrong one',
    'write the arguments that the message names',
  ),
  CONFIG_CONTEXT: error('a directive where it may not stand', 'move the directive'),
  CONFIG_INCLUDE: error(
    'an included file is missing, includes itself, or is nested too deeply',
    'correct the name, or write IncludeOptional',
  ),
  CONFIG_DIRECTIVES_IGNORED: warning(
    'directives of httpd that clowder does not read, all in one line',
    'nothing, if httpd alone needed them',
  ),
  CONFIG_LISTEN_TLS: warning(
    'a TLS address, which clowder does not open yet',
    'let something else end TLS in front of clowder',
  ),
  CONFIG_HOST_ADDRESS: warning(
    'an address of a virtual host at which nothing listens, or which is a name',
    'add a Listen for it, or write the address',
  ),
  CONFIG_HOST_NAME: warning(
    'a host name that is not understood, or belongs to an earlier host',
    'give each host a ServerName of its own',
  ),
  CONFIG_USER: warning(
    'a line of an AuthUserFile, or a group of an AuthGroupFile, that lets nobody in',
    'write users with htpasswd -B, since crypt and plain passwords are not checked; correct the name of the group',
  ),
  CONFIG_PATTERN: error(
    'a regular expression that clowder cannot use as httpd does',
    'write it with what PCRE and JavaScript have in common',
  ),
  CONFIG_ACCESS_REFUSED: warning(
    'an access condition clowder cannot check; it counts as not met',
    'write addresses, or let the application decide',
  ),
  CONFIG_ACCESS_UNSUPPORTED: error(
    'access rules clowder cannot keep; to ignore them would open what they close',
    'write the rule as one list of addresses in a plain Location',
  ),

  // server.xml
  CONFIG_XML_SYNTAX: error('not well-formed', 'correct the place that the message names'),
  CONFIG_XML_QUOTE: error('a typographic quote where a straight one must stand', 'write straight quotes'),
  CONFIG_XML_UNCLOSED: error('an element that is never closed', 'add the closing tag'),
  CONFIG_XML_ROOT: error(
    'another root element than Server, Service, Engine, Host or Cluster',
    'give clowder a server.xml',
  ),
  CONFIG_ELEMENTS_IGNORED: warning(
    'elements of Tomcat that clowder does not read, all in one line',
    'nothing, if Tomcat alone needed them',
  ),
  CONFIG_ELEMENT_REPEATED: warning('an element of which only the first counts', 'remove the others'),
  CONFIG_ATTRIBUTE_UNKNOWN: warning('no such attribute; Tomcat warns too', 'correct the spelling, or remove it'),
  CONFIG_ATTRIBUTE_MISSING: error('an attribute that must be given', 'add it'),
  CONFIG_CLASS_RETIRED: warning(
    'a class that Tomcat has removed; the message names its successor',
    'write the successor, or remove the element',
  ),
  CONFIG_CLASS_UNKNOWN: warning(
    'a class clowder does not know; it is left out',
    'correct the name, or remove the element',
  ),
  CONFIG_CLASS_LATER: warning(
    'a class clowder knows but does not have yet; it is left out',
    'see whether you can do without',
  ),
  CONFIG_CLASS_REFUSED: error(
    'a class clowder does not have and that cannot be left out: without it the channel would be open or garbled',
    'remove the element from all members, or wait for clowder to have it',
  ),
  CONFIG_VALVE_MISSING: warning(
    'valves are listed, but not the one without which sessions are not replicated',
    'add the ReplicationValve, or remove all valves',
  ),
  CONFIG_MEMBER_TWICE: warning(
    'two static members with the same address or unique id',
    'give each member an address and a unique id of its own',
  ),
  CONFIG_MEMBER_LIMIT: error('more static members than the limit', 'see that it is the file you mean'),
  CONFIG_CONNECTOR_NONE: warning(
    'no Connector; the program decides where to listen',
    'add a Connector, or say on the command line where to listen',
  ),
  CONFIG_CONNECTOR_SKIPPED: warning(
    'a Connector that clowder cannot open yet, or that is switched off',
    'add a connector for HTTP without TLS, or for AJP',
  ),
  CONFIG_SECRET_MISSING: error(
    'an AJP connector without a secret: whoever reaches its port can pose as any user and any address',
    'give it a secret, and the same to the balancer (worker.NAME.secret); or, on loopback, write secretRequired="false"',
  ),
  CONFIG_CONNECTOR_EXPOSED: warning(
    'an AJP connector beyond loopback that asks for no secret; a worker opens it with --insecure only',
    'give it a secret, and the same to the balancer (worker.NAME.secret)',
  ),

  // Several files together
  CONFIG_ROUTE_MISMATCH: warning(
    'the jvmRoutes of the backends and the routes of the members do not fit together, so that sessions do not stick',
    'give each backend the route of one member as its jvmRoute',
  ),
  CONFIG_PORT_MISMATCH: warning(
    'a worker and the Connectors of its backend do not fit together',
    'write the port and the type of the Connector that is meant',
  ),
  CONFIG_SECRET_MISMATCH: warning(
    'a Connector asks for another secret than its worker sends; requests get 403',
    'write the same text into secret here and there',
  ),
  CONFIG_PACKET_SIZE_MISMATCH: warning(
    'a worker and its Connector disagree on the size of a packet; long heads of requests or answers fail',
    'write the same number into max_packet_size and packetSize',
  ),

  // clowder.yaml
  CONFIG_YAML_SYNTAX: error('not well-formed, or a part of YAML that has no meaning here', 'correct the place'),
  CONFIG_YAML_LIMIT: error(
    'a clowder.yaml that is too long, too deep, or grows too much by its aliases',
    'see that it is the file you mean; split it, or write out less',
  ),
  CONFIG_KEY_UNKNOWN: error('no such key', 'correct the spelling, or remove it; names differ by upper and lower case'),
  CONFIG_KEY_TWICE: error('the same key twice', 'remove the one that does not count'),
  CONFIG_KEY_MISSING: error('a key that must be given', 'add it'),
  CONFIG_VALUE_TYPE: error('a value of another kind than is wanted there', 'write what the message asks for'),
  CONFIG_VALUE_UNIT: error('a time without a unit, or with one that is not known', 'write 500ms, 30s, 5m, 2h or 1d'),
  CONFIG_VARIABLE_UNSET: error(
    'a variable of a clowder.yaml that is not in the environment; its name would be taken for a secret, or an address',
    'set it, or write a default behind the name and `:-`',
  ),
  CONFIG_WORKER_CHOICE: error(
    'a clowder.yaml with several workers, or without the one that was asked for',
    'say which one with --name NAME',
  ),

  // The exception
  CONFIG_INVALID: error(
    'one or more complaints are errors; nothing was started',
    'correct every complaint in the list',
  ),
} as const

export type ComplaintCode = Exclude<keyof typeof configErrors, 'CONFIG_INVALID'>

interface Row {
  readonly severity: 'error' | 'warning'
  readonly says: string
  readonly next: string
}

function error(says: string, next: string): Row {
  return { severity: 'error', says, next }
}

function warning(says: string, next: string): Row {
  return { severity: 'warning', says, next }
}

/** A configuration that cannot be used. `complaints` holds everything that was found, warnings too. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly complaints: readonly Complaint[]

  constructor(complaints: readonly Complaint[], lines: readonly string[]) {
    super(lines.join('\n'))
    this.complaints = complaints
  }
}
