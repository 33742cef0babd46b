/**
 * What can be wrong with a configuration file: one row per code. Whether it stops the program is decided here, by one
 * rule: what stops httpd, mod_jk or Tomcat is an error, what they live with is a warning. Rows that are stricter say why.
 * Codes are public: scripts match them, so changing one is a break.
 */

interface CodeRow {
  readonly severity: 'error' | 'warning'
  readonly says: string
}

export const complaintCodes = {
  // Files and text
  FILE_UNREADABLE: { severity: 'error', says: 'a file cannot be read, or is no regular file' },
  FILE_TOO_LARGE: { severity: 'error', says: 'a file, or all files together, are larger than the limit' },
  FILE_KIND: { severity: 'error', says: 'the file is of another kind than the command reads' },
  TEXT_NUL: { severity: 'error', says: 'NUL characters: not a text file, or not UTF-8' },
  TEXT_BOM: { severity: 'warning', says: 'a byte order mark, which mod_jk takes for part of the first name' },
  TEXT_TEMPLATE: { severity: 'error', says: 'the file is a template whose places have not been filled in' },
  LINE_TOO_LONG: { severity: 'error', says: 'mod_jk would cut the line and read its tail as a second one' },
  COMPLAINTS_CUT: { severity: 'warning', says: 'more complaints than are shown' },

  // Directives and values
  DIRECTIVE_UNKNOWN: { severity: 'error', says: 'no such directive; mod_jk or httpd does not start' },
  DIRECTIVE_TWICE: { severity: 'warning', says: 'given more than once; the last one counts' },
  DIRECTIVE_DEPRECATED: { severity: 'warning', says: 'an old name; the message gives the new one' },
  DIRECTIVE_LATER: { severity: 'warning', says: 'accepted, has no effect yet' },
  DIRECTIVE_NO_EFFECT: { severity: 'warning', says: 'accepted, has no effect' },
  DIRECTIVE_MISPLACED: { severity: 'warning', says: 'known, but without meaning at this place' },
  LINE_IGNORED: { severity: 'warning', says: 'a line that is not name=value' },
  VALUE_EMPTY: { severity: 'warning', says: 'an empty value counts as not given' },
  VALUE_NOT_BOOLEAN: { severity: 'warning', says: 'neither true nor false; the message says how it is read' },
  VALUE_NOT_NUMBER: {
    severity: 'error',
    says: 'not a whole number, or with text behind it; versions of mod_jk disagree on what it means, so clowder does not guess',
  },
  VALUE_OUT_OF_RANGE: { severity: 'error', says: 'a number outside of what is possible' },
  VALUE_ADJUSTED: { severity: 'warning', says: 'a number that is raised or lowered to the nearest one allowed' },
  VALUE_SUFFIX: { severity: 'warning', says: 'k and m multiply by 1024 and 1 048 576; they are no units of time' },
  VALUE_WORD: { severity: 'warning', says: 'a word that is read by its first letter as something else' },
  VALUE_REFUSED: { severity: 'error', says: 'a value that is not understood' },
  VALUE_TOO_LONG: { severity: 'error', says: 'longer than mod_jk can hold' },
  VALUE_LONG: { severity: 'warning', says: 'longer than documented; some versions of mod_jk do not start' },
  VARIABLE_UNKNOWN: {
    severity: 'warning',
    says: 'a variable that is not defined before its use; its text stays as it is',
  },
  ADDRESS_SYNTAX: { severity: 'error', says: 'not a host name, address or port' },
  NAME_ODD: { severity: 'warning', says: 'a name with characters that names should not have' },
  QUOTE_CURLY: { severity: 'warning', says: 'a typographic quote, which is no quote here' },

  // Workers
  WORKER_LIST_MISSING: { severity: 'warning', says: 'no worker.list; mod_jk then has the single worker ajp13' },
  WORKER_UNDEFINED: {
    severity: 'warning',
    says: 'in worker.list, but nothing else is said about it; mod_jk makes it ajp13 at localhost:8009',
  },
  WORKER_UNUSED: { severity: 'warning', says: 'defined, but neither listed, nor a member, nor referenced' },
  WORKER_TYPE: { severity: 'error', says: 'no such type of worker' },
  WORKER_TYPE_LATER: { severity: 'warning', says: 'a type of worker that clowder cannot run yet' },
  WORKER_LIMIT: { severity: 'error', says: 'more workers than the limit' },
  REFERENCE_UNKNOWN: { severity: 'error', says: 'a reference to a worker without properties' },
  REFERENCE_DEPTH: { severity: 'error', says: 'references of references, deeper than the limit, or in a circle' },
  MEMBER_UNDEFINED: {
    severity: 'error',
    says: 'a member that is not defined; mod_jk would send its share to localhost:8009, which nobody wants',
  },
  MEMBER_TYPE: { severity: 'error', says: 'a member that is no http, https or ajp13 worker' },
  LB_EMPTY: { severity: 'error', says: 'an lb without members' },
  ROUTE_TWICE: { severity: 'error', says: 'two members of one lb have the same route' },
  REDIRECT_UNKNOWN: { severity: 'warning', says: 'redirect names no route of the lb' },
  DOMAIN_DOT: { severity: 'warning', says: 'a domain with a dot never matches a session route' },
  WORKERS_NONE: { severity: 'error', says: 'no workers at all' },

  // Mounts
  MOUNT_PATTERN: { severity: 'error', says: 'a mount pattern that does not start with /' },
  MOUNT_SKIPPED: { severity: 'warning', says: 'a rule that cannot be used is skipped, the others work' },
  MOUNT_TWICE: { severity: 'warning', says: 'the same pattern twice; the last one counts' },
  MOUNT_WORKER_UNKNOWN: {
    severity: 'warning',
    says: 'mounts a worker that is not in worker.list; its requests get 500',
  },
  MOUNT_EXTENSION: { severity: 'warning', says: 'a rule extension that is not known, or not in effect' },
  MOUNT_UNREACHED: { severity: 'warning', says: 'mounts of the main server that no virtual host copies' },

  // httpd syntax
  SECTION_SYNTAX: { severity: 'error', says: 'a section line without its closing >' },
  SECTION_OPEN: { severity: 'error', says: 'a section that is never closed' },
  SECTION_MISMATCH: { severity: 'error', says: 'a closing line that closes nothing, or another section' },
  SECTION_DEPTH: { severity: 'error', says: 'sections nested deeper than the limit' },
  SECTION_SKIPPED: { severity: 'warning', says: 'a section that does not apply holds directives clowder would read' },
  QUOTE_OPEN: { severity: 'warning', says: 'a quote that is not closed runs to the end of the line' },
  ARGUMENTS: { severity: 'error', says: 'too few or too many arguments, or a wrong one' },
  CONTEXT: { severity: 'error', says: 'a directive where it may not stand' },
  INCLUDE: { severity: 'error', says: 'an included file is missing, includes itself, or is nested too deeply' },
  DIRECTIVES_IGNORED: { severity: 'warning', says: 'directives of httpd that clowder does not read, all in one line' },
  LISTEN_TLS: { severity: 'warning', says: 'a TLS address, which clowder does not open yet' },
  HOST_ADDRESS: { severity: 'warning', says: 'virtual hosts told apart by address or port, which clowder cannot yet' },
  HOST_NAME: { severity: 'warning', says: 'a host name that is not understood, or belongs to an earlier host' },
  ACCESS_REFUSED: { severity: 'warning', says: 'an access condition clowder cannot check; it counts as not met' },
  ACCESS_UNSUPPORTED: {
    severity: 'error',
    says: 'access rules clowder cannot keep; to ignore them would open what they close',
  },

  // server.xml
  XML_SYNTAX: { severity: 'error', says: 'not well-formed' },
  XML_QUOTE: { severity: 'error', says: 'a typographic quote where a straight one must stand' },
  XML_UNCLOSED: { severity: 'error', says: 'an element that is never closed' },
  XML_ROOT: { severity: 'error', says: 'another root element than Server, Service, Engine, Host or Cluster' },
  ELEMENTS_IGNORED: { severity: 'warning', says: 'elements of Tomcat that clowder does not read, all in one line' },
  ELEMENT_REPEATED: { severity: 'warning', says: 'an element of which only the first counts' },
  ATTRIBUTE_UNKNOWN: { severity: 'warning', says: 'no such attribute; Tomcat warns too' },
  ATTRIBUTE_MISSING: { severity: 'error', says: 'an attribute that must be given' },
  CLASS_RETIRED: { severity: 'warning', says: 'a class that Tomcat has removed; the message names its successor' },
  CLASS_UNKNOWN: { severity: 'warning', says: 'a class clowder does not know; it is left out' },
  CLASS_LATER: { severity: 'warning', says: 'a class clowder knows but does not have yet; it is left out' },
  CLASS_REFUSED: {
    severity: 'error',
    says: 'a class clowder does not have and that cannot be left out: without it the channel would be open or garbled',
  },
  VALVE_MISSING: {
    severity: 'warning',
    says: 'valves are listed, but not the one without which sessions are not replicated',
  },
  MEMBER_TWICE: { severity: 'warning', says: 'two static members with the same address or unique id' },
  MEMBER_LIMIT: { severity: 'error', says: 'more static members than the limit' },
  CONNECTOR_NONE: { severity: 'warning', says: 'no Connector; the program decides where to listen' },
  CONNECTOR_SKIPPED: { severity: 'warning', says: 'a Connector that clowder cannot open yet, or that is switched off' },
} as const satisfies Record<string, CodeRow>

export type ComplaintCode = keyof typeof complaintCodes
