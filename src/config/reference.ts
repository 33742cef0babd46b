/**
 * The tables of this room as reference pages (docs/reference): each directive with default, unit, source, and whether clowder
 * acts on it today. `scripts/reference.mjs` writes them, and a test keeps them equal to the tables.
 */
import { yamlParts } from './clowder-yaml-reference.ts'
import { clowderSchema } from './clowder-yaml-schema.ts'
import { clusterElements, retiredClasses } from './cluster-attributes.ts'
import { type HttpdDirective, httpdDirectives } from './httpd-directives.ts'
import { jkNotes, jkOptions, jkVariables } from './jk-options.ts'
import { tomcatElements, type XmlAttribute, type XmlElement } from './tomcat-attributes.ts'
import { type Effect, type WorkerDirective, workerDirectives } from './worker-directives.ts'
import { foreignDirectives, refusedTypes, workerTypes } from './worker-types.ts'

/** The pages by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'workers-properties.md': workersPage(),
    'httpd-directives.md': httpdPage(),
    'server-xml.md': serverPage(),
    'clowder-yaml.md': yamlPage(),
  }
}

const effects: Readonly<Record<Effect, string>> = {
  acts: 'yes',
  later: 'not yet: accepted with a warning',
  never: 'no: accepted with a warning',
  moot: 'accepted; not needed',
}

/** What `scripts/reference.mjs` writes besides the pages. */
export function schemaText(): string {
  return `${JSON.stringify(clowderSchema(), undefined, 2)}\n`
}

const made = 'Made from the tables in `src/config` by `node scripts/reference.mjs`; do not edit.'

function page(title: string, ...parts: readonly string[]): string {
  return `# ${title}\n\n<!-- ${made} -->\n\n${parts.join('\n\n')}\n`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

// ---- clowder.yaml ----------------------------------------------------------------------------------------------

function yamlPage(): string {
  return page('clowder.yaml', ...yamlParts(table))
}

// ---- workers.properties ----------------------------------------------------------------------------------------

function workersPage(): string {
  const rows = (filter: (row: WorkerDirective) => boolean) => workerDirectives.filter(filter).map(workerRow)
  const head = ['directive', 'value', 'default', 'unit', 'for', 'clowder acts on it', 'source', 'note']
  const current = (row: WorkerDirective) => row.aliasOf === undefined && !isGone(row)
  return page(
    'workers.properties',
    `The file of mod_jk's workers. The lexical rules are mod_jk's: one \`name=value\` per line, \`#\` starts a comment anywhere, no
quotes and no continued lines, only ASCII white space is trimmed, \`$(name)\` is a variable defined above or in the environment,
lines are at most 8191 bytes. Lists (marked) grow with a second line; anything else is replaced by it, with a warning.`,
    `A name that begins with \`worker.\` and is not in these tables is an error. A number with text behind it is an error too, since
versions of mod_jk disagree on what it means. What mod_jk lives with is a warning here. \`npx clowder check FILE\` shows all.`,
    `Without an httpd configuration (\`clowder balancer workers.properties\`) the mounts are those of \`worker.NAME.mount\`. When there
are none, \`/*\` goes to the first lb of \`worker.list\`, or else to its first backend, and \`/jk-status\` to its first status worker.
Status pages are then for this machine only.`,
    '## Types of worker',
    table(
      ['type', 'clowder runs it', 'note'],
      [
        ...Object.entries(workerTypes).map(([type, note]) => [`\`${type}\``, effects.acts, note]),
        ...Object.entries(refusedTypes).map(([type, note]) => [`\`${type}\``, 'no: an error', note]),
      ],
    ),
    '## Directives',
    'Global ones are written `worker.NAME=`, all others `worker.WORKER.NAME=`.',
    table(head, rows(current)),
    '## Old names',
    'Accepted with a warning.',
    table(
      head,
      rows((row) => !current(row)),
    ),
    '## Names of other builds of mod_jk',
    table(
      ['directive', 'note'],
      Object.entries(foreignDirectives).map(([name, note]) => [`\`${name}\``, `an error: ${note}`]),
    ),
  )
}

/** Rows of directives that mod_jk itself no longer acts on. */
function isGone(row: WorkerDirective): boolean {
  return row.effect === 'never' && row.on.length === 5
}

function workerRow(row: WorkerDirective): string[] {
  return [
    `\`${row.name}\`${row.list ? ' (list)' : ''}`,
    kindOf(row),
    row.default,
    row.unit ?? '',
    row.on.length === 5 ? 'all' : row.on.join(', '),
    effects[row.effect],
    row.clowder ? 'clowder' : 'mod_jk',
    row.note ?? '',
  ]
}

function kindOf({ kind }: WorkerDirective): string {
  switch (kind.is) {
    case 'integer':
      return kind.max === undefined
        ? `number${kind.min === undefined ? '' : ` ≥ ${kind.min}`}`
        : `${kind.min}–${kind.max}`
    case 'letter':
      return `${kind.words.join(', ')}; the first letter counts`
    case 'letters':
      return `any of the letters ${[...kind.known].join(', ')}`
    case 'text':
      return kind.limited ? 'text, at most 60 bytes' : 'text'
    case 'statuses':
      return 'statuses'
    case 'host':
      return 'name or address'
    default:
      return kind.is
  }
}

// ---- httpd -----------------------------------------------------------------------------------------------------

const contexts = { server: 'main server', host: 'main server, VirtualHost', location: 'anywhere' }

function httpdPage(): string {
  const rows = (from: HttpdDirective['from']) => httpdDirectives.filter((row) => row.from === from).map(httpdRow)
  const head = ['directive', 'arguments', 'unit', 'where', 'default', 'clowder acts on it', 'note']
  return page(
    'httpd directives',
    `clowder reads httpd's syntax: sections, quotes, lines continued with a backslash, \`\${NAME}\`, included files. Names do not
depend on case. Directives of httpd that are not listed here are ignored and named once, in one warning.`,
    `A condition of \`Require\` or \`Allow\` that clowder cannot check counts as not met. Access rules that it cannot keep at all
(\`Deny\` by name, \`<If>\`, \`Require not\` of something unknown) are errors: to ignore them would open what they
close. Of sections that match, each directive of the later one counts: \`<Directory>\` (outer folders first), then \`<Files>\`, then
\`<Location>\`. The first two are about files that clowder serves itself; rules for mounted paths belong into a \`<Location>\`.
Regular expressions are JavaScript's, as far as they mean the same as httpd's; others are errors.`,
    `\`<VirtualHost>\` sections are told apart by the address a client came in at, then by their names; the first one at an address
answers for all other names there. The main server answers where no virtual host does. As in mod_jk, its mounts reach a virtual
host only with \`JkMountCopy\`. With \`--listen\` the addresses do not count.`,
    `A path that no rule maps is looked for among the files, if there is a \`DocumentRoot\`, \`Alias\` or \`JkAutoAlias\`: GET, HEAD and
OPTIONS, conditional requests, one range. Names that begin with a dot (but for \`.well-known\`), WEB-INF and META-INF are never
served, and folders are not listed.`,
    '## mod_jk',
    `What stands in a virtual host counts there; the rest is inherited from the main server, \`JkMount\`, \`JkUnMount\`, \`JkMountFile\`
and \`JkAutoAlias\` only with \`JkMountCopy\`.`,
    table(head, rows('mod_jk')),
    '## JkOptions',
    `\`+\` or nothing before the name switches an option on, \`-\` off. A host has the options of the main server, with its own
switched on and off. Within one server \`-\` counts more than \`+\`, as in mod_jk.`,
    table(
      ['option', 'default', 'clowder acts on it', 'note'],
      jkOptions.map(({ name, default: preset, effect, note }) => [`\`${name}\``, preset, effects[effect], note]),
    ),
    '## Variables',
    `They come from \`SetEnv\`, \`UnsetEnv\`, \`SetEnvIf\` and \`BrowserMatch\`, which no client can reach but through a \`SetEnvIf\`
that looks at a field. Outside of sections \`SetEnvIf\` is evaluated before the path is mapped, all else after it. HTTP workers
are told who asks in \`X-Forwarded-*\` and \`Forwarded\`, and not by variables.`,
    table(
      ['variable', 'its other name is given by', 'clowder acts on it', 'note'],
      jkVariables.map(({ name, indicator, effect, note }) => [
        `\`${name}\``,
        indicator === undefined ? '' : `\`${indicator}\``,
        effects[effect],
        note,
      ]),
    ),
    `\`JkEnvVar\` sends, besides those that are set: \`REMOTE_ADDR\`, \`REMOTE_PORT\`, \`REMOTE_USER\`, \`AUTH_TYPE\`, \`REQUEST_SCHEME\`,
\`SERVER_NAME\`, \`SERVER_ADDR\`, \`SERVER_PORT\`, \`CONTENT_TYPE\`, \`CONTENT_LENGTH\`, and \`HTTP_*\` for fields, credentials apart. A default
of \`""\` is none; a variable that is set to nothing is sent as such. Tomcat answers 403 to attributes that its connector does not
allow (\`allowedRequestAttributesPattern\`).`,
    '## Notes for logs',
    '`%{NAME}n` in a `LogFormat`; `-` where there is none. `JkRequestLogFormat` knows `%b %B %H %m %p %q %r %s %T %U %v %V %w %R`.',
    table(
      ['note', 'what it is'],
      Object.entries(jkNotes).map(([name, says]) => [`\`${name}\``, says]),
    ),
    '## httpd',
    table(head, rows('httpd')),
  )
}

function httpdRow(row: HttpdDirective): string[] {
  const { name, arguments: written, context, default: preset, effect, note = '' } = row
  const [unit] = /^(?:s|KB|bytes)$/.exec(written) ?? ['']
  return [`\`${name}\``, unit === '' ? written : 'number', unit, contexts[context], preset, effects[effect], note]
}

// ---- server.xml ------------------------------------------------------------------------------------------------

const elementEffects = {
  acts: '',
  later: 'Not yet: accepted with a warning.',
  refused: 'Refused with an error, because leaving it out would open or garble the channel.',
}

function serverPage(): string {
  return page(
    'server.xml',
    `Tomcat's file, for a clowder worker. It may begin at \`<Server>\`, \`<Service>\`, \`<Engine>\`, \`<Host>\` or \`<Cluster>\`. \`\${name}\` and
\`\${name:-default}\` come from the environment. Elements that are not listed here are ignored and named once, in one warning.
An attribute that clowder does not act on yet gets no warning where its value is the default, which is what clowder does.`,
    '## Container',
    ...tomcatElements.flatMap(elementPart),
    '## Cluster',
    ...clusterElements.flatMap(elementPart),
    '## Retired classes',
    table(
      ['class', 'gone since', 'successor'],
      Object.entries(retiredClasses).map(([name, { since, successor }]) => [
        `\`${name}\``,
        since,
        successor === undefined ? 'none: remove the element' : `\`${successor}\``,
      ]),
    ),
  )
}

function elementPart({ element, classes, effect, note, attributes }: XmlElement): string[] {
  const name = classes?.[0]?.replace(/^.*\./, '')
  const facts = [elementEffects[effect], note === undefined ? '' : `${note[0]!.toUpperCase()}${note.slice(1)}.`]
  const title = `### ${element}${name === undefined ? '' : `: ${name}`}`
  const text = [classes === undefined ? '' : `\`${classes[0]}\`.`, ...facts].filter((part) => part !== '').join(' ')
  const rows = attributes.map((row) => attributeRow(row, effect))
  const head = ['attribute', 'value', 'default', 'unit', 'clowder acts on it', 'note']
  return [title, ...(text === '' ? [] : [text]), ...(rows.length === 0 ? [] : [table(head, rows)])]
}

function attributeRow(row: XmlAttribute, whole: XmlElement['effect']): string[] {
  const { name, kind, default: preset, unit, aliasOf, note } = row
  const effect = whole === 'acts' || row.effect === 'moot' ? row.effect : 'later'
  const value = kind.is === 'integer' ? 'number' : kind.is === 'choice' ? kind.of.join(', ') : kind.is
  const acts = aliasOf === undefined ? effects[effect] : 'yes, with a warning'
  return [`\`${name}\``, effect === 'moot' ? '' : value, preset, unit ?? '', acts, note ?? '']
}
