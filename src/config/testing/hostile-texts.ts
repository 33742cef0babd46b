/**
 * Texts made to hurt, each as long as it is asked to be: what the parsers have to end in bounded time, with a clear complaint.
 * `hostile.test.ts` shows that they do, and that twice the text is twice the work; `npm run bench -- hostile-config` measures
 * the longest of each kind.
 */
import { maxSectionDepth } from '../limits.ts'
import type { FileAccess } from '../source-text.ts'
import { memoryFiles } from './memory-files.ts'

export interface HostileText {
  readonly name: string
  /** Its ending says how it is read. */
  readonly file: string
  /** At most `size` characters of it, a little more where a frame belongs to it. */
  readonly text: (size: number) => string
  /** Complaints that it gets at {@link usualSize}, without `CONFIG_`; none = it is only large. */
  readonly codes: readonly string[]
  /** Other files that it names. */
  readonly beside?: (size: number) => Readonly<Record<string, string>>
  /** Half of it is copied by the other half: work grows with the square, up to maxInherited or maxInsertedChars. */
  readonly squares?: true
}

/** Characters at which every text gets its complaints. */
export const usualSize = 2 ** 18

export function hostileFiles({ file, text, beside }: HostileText, size: number): FileAccess {
  return memoryFiles({ [file]: text(size), ...beside?.(size) })
}

/** As many pieces as fit. */
function many(size: number, piece: string, head = '', tail = ''): string {
  return head + piece.repeat(Math.max(0, Math.floor((size - head.length - tail.length) / piece.length))) + tail
}

/** As many numbered lines as fit. */
function numbered(size: number, line: (index: number) => string, tail = ''): string {
  const lines: string[] = []
  for (let [index, length] = [0, tail.length]; ; index++) {
    const next = line(index)
    length += next.length + 1
    if (length > size) return lines.join('\n') + tail
    lines.push(next)
  }
}

const cluster = '<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">'
const channel = '<Channel className="org.apache.catalina.tribes.group.GroupChannel">'
const fixed = '<Interceptor className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor">'
const id = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}'

/** A line of httpd just as long as it may be. */
const line = (size: number) => Math.min(size, 65_000)

type Row = readonly [
  name: string,
  file: string,
  text: (size: number) => string,
  codes: readonly string[],
  beside?: HostileText['beside'],
]

const rows: readonly Row[] = [
  // workers.properties and uriworkermap.properties
  ['one line', 'w.properties', (size) => many(size, 'x', 'worker.a.host='), ['LINE_TOO_LONG']],
  ['line ends', 'w.properties', (size) => many(size, '\n'), ['WORKER_LIST_MISSING']],
  ['lines that are none', 'w.properties', (size) => many(size, 'x\n'), ['LINE_IGNORED', 'FILE_TOO_LARGE']],
  ['list lines', 'w.properties', (size) => many(size, 'worker.list=a\n'), ['WORKER_UNDEFINED']],
  ['listed workers', 'w.properties', (size) => numbered(size, (i) => `worker.list=w${i}`), ['WORKER_LIMIT']],
  [
    'members',
    'w.properties',
    (size) =>
      numbered(
        size,
        (i) => `worker.m${i}.type=http\nworker.l.balance_workers=m${i}`,
        '\nworker.list=l\nworker.l.type=lb',
      ),
    ['WORKER_LIMIT'],
  ],
  [
    'members that do not exist',
    'w.properties',
    (size) => numbered(size, (i) => `worker.l.balance_workers=m${i}`, '\nworker.list=l\nworker.l.type=lb'),
    ['MEMBER_UNDEFINED'],
  ],
  [
    'unknown directives',
    'w.properties',
    (size) => many(size, 'worker.a.conection_pool_size=1\n'),
    ['DIRECTIVE_UNKNOWN'],
  ],
  ['the same directive', 'w.properties', (size) => many(size, 'worker.a.port=1\n'), ['DIRECTIVE_TWICE']],
  [
    'variables that grow twentyfold with each line',
    'w.properties',
    (size) => numbered(size, (i) => `v${i}=${i === 0 ? 'xxxxxxxx' : `$(v${i - 1})`.repeat(20)}`),
    ['LINE_TOO_LONG'],
  ],
  ['variables of themselves', 'w.properties', (size) => many(size, 'a=$(a)$(a)\n'), ['LINE_TOO_LONG']],
  [
    'a growing list as a variable',
    'w.properties',
    (size) => numbered(size, (i) => `worker.list=w${i}\na=$(worker.list)`),
    ['FILE_TOO_LARGE', 'WORKER_LIMIT'],
  ],
  [
    'one large variable, used often',
    'w.properties',
    (size) => `a=${'x'.repeat(7000)}\n${many(size, 'worker.w.css=$(a)\n')}`,
    ['FILE_TOO_LARGE'],
  ],
  ['open variables', 'w.properties', (size) => many(Math.min(size, 8000), '$(', 'a='), ['WORKER_LIST_MISSING']],
  [
    'a chain of references',
    'w.properties',
    (size) => numbered(size, (i) => `worker.w${i}.reference=worker.w${i + 1}`, '\nworker.list=w0'),
    ['REFERENCE_DEPTH'],
  ],
  [
    'references to one with many directives',
    'w.properties',
    (size) => numbered(size, (i) => `worker.w${i}.reference=worker.t\nworker.list=w${i}`, '\nworker.t.type=http'),
    ['WORKER_LIMIT'],
  ],
  [
    'lbs of lbs',
    'w.properties',
    (size) => numbered(size, (i) => `worker.w${i}.type=lb\nworker.w${i}.balance_workers=w${i + 1}`, '\nworker.list=w0'),
    ['MEMBER_TYPE'],
  ],
  ['comments', 'w.properties', (size) => many(size, '# 20 sockets, 10 minutes, port 80, 10.0.0.1\n'), []],
  ['one comment', 'w.properties', (size) => many(size, '1 ', '#'), ['WORKER_LIST_MISSING']],
  ['one comment of digits', 'w.properties', (size) => many(size, '1', '#'), ['WORKER_LIST_MISSING']],
  ['one comment of dots', 'w.properties', (size) => many(size, '1.', '#'), ['WORKER_LIST_MISSING']],
  [
    'comments and values',
    'w.properties',
    (size) => numbered(size, (i) => `# 20 sockets\nworker.a.connection_pool_size=${i}`),
    ['COMMENT_DIFFERS'],
  ],
  ['variables that nothing uses', 'w.properties', (size) => numbered(size, (i) => `a${i}=b`), ['VARIABLE_UNUSED']],
  ['names of dots', 'w.properties', (size) => many(Math.min(size, 8000), '.', '', '=1'), ['VARIABLE_UNUSED']],
  ['rules', 'm.properties', (size) => numbered(size, (i) => `/x${i}=w${i}`), []],
  ['the same rule', 'm.properties', (size) => many(size, '/x=w\n'), ['MOUNT_TWICE']],
  [
    'extensions of a rule',
    'm.properties',
    (size) => `/x=w${many(Math.min(size, 8000), ';stopped=a')}`,
    ['MOUNT_EXTENSION'],
  ],

  // httpd
  ['one line', 'jk.conf', (size) => many(size, 'a ', 'JkMount '), ['LINE_TOO_LONG']],
  ['one line out of continued ones', 'jk.conf', (size) => `JkMount ${many(size, 'a\\\n')}`, ['LINE_TOO_LONG']],
  ['quotes', 'jk.conf', (size) => many(line(size), '"', 'JkMount '), ['ARGUMENTS']],
  ['quotes and backslashes', 'jk.conf', (size) => many(line(size), '"\\', 'JkMount '), ['ARGUMENTS']],
  ['words', 'jk.conf', (size) => many(line(size), 'a ', 'JkMount '), ['ARGUMENTS']],
  ['spaces', 'jk.conf', (size) => many(line(size), ' ', 'JkMount /x'), ['ARGUMENTS']],
  ['open variables', 'jk.conf', (size) => many(line(size), '${', 'JkMount '), ['ARGUMENTS']],
  ['variables', 'jk.conf', (size) => many(line(size), `\${a}`, 'JkMount '), ['VARIABLE_UNKNOWN']],
  [
    'definitions that grow with each line',
    'jk.conf',
    (size) => numbered(size, (i) => `Define v${i} "${i === 0 ? 'xxxxxxxx' : `\${v${i - 1}}`.repeat(20)}"`),
    ['LINE_TOO_LONG'],
  ],
  [
    'one large definition, used often',
    'jk.conf',
    (size) => `Define a ${'x'.repeat(60_000)}\n${many(size, `JkMount /\${a} w\n`)}`,
    ['FILE_TOO_LARGE'],
  ],
  ['sections in sections', 'jk.conf', (size) => many(size, '<Location /x>\n'), ['SECTION_DEPTH']],
  ['closing lines', 'jk.conf', (size) => many(size, '</x>\n'), ['SECTION_MISMATCH']],
  ['sections', 'jk.conf', (size) => many(size, '<x>\n</x>\n'), ['DIRECTIVES_IGNORED']],
  ['angle brackets', 'jk.conf', (size) => many(line(size), '<'), ['SECTION_SYNTAX']],
  ['different directives', 'jk.conf', (size) => numbered(size, (i) => `Directive${i} x`), ['DIRECTIVES_IGNORED']],
  [
    'mounts',
    'jk.conf',
    (size) => numbered(size, (i) => `JkMount /x${i} w${i}`, '\nJkWorkerProperty worker.list=a'),
    ['MOUNT_WORKER_UNKNOWN'],
  ],
  [
    'virtual hosts that inherit sections',
    'jk.conf',
    (size) =>
      many(size / 2, '<Location /x>\nRequire all granted\n</Location>\n') +
      many(size / 2, '<VirtualHost *:80>\n</VirtualHost>\n'),
    ['FILE_TOO_LARGE'],
  ],
  [
    'virtual hosts that copy mounts',
    'jk.conf',
    (size) =>
      numbered(size / 2, (i) => `JkMount /x${i} w`) +
      many(size / 2, '\n<VirtualHost *>\n</VirtualHost>') +
      '\nJkMountCopy All',
    ['HOST_NAME'],
  ],
  [
    'virtual hosts',
    'jk.conf',
    (size) => many(size, '<VirtualHost *:80>\nServerName a\n</VirtualHost>\n'),
    ['WORKERS_NONE'],
  ],
  ['a regular expression', 'jk.conf', (size) => many(line(size), '(a|b)*', 'SetEnvIf Host '), ['ARGUMENTS']],
  ['open groups', 'jk.conf', (size) => `${many(line(size), '(', 'SetEnvIf Host ')} x`, ['PATTERN']],
  ['rules for the environment', 'jk.conf', (size) => many(size, 'SetEnvIf Host a no-jk\n'), ['WORKERS_NONE']],
  ['conditions', 'jk.conf', (size) => many(size, 'Require ip 10.0.0.1\n', '<Location /x>\n'), ['SECTION_OPEN']],
  [
    'conditions in conditions',
    'jk.conf',
    () => {
      const depth = maxSectionDepth - 1
      return `<Location /x>\n${'<RequireAll>\n'.repeat(depth)}Require all granted\n${'</RequireAll>\n'.repeat(depth)}</Location>`
    },
    ['WORKERS_NONE'],
  ],
  [
    'formats of logs',
    'jk.conf',
    (size) => numbered(size, (i) => `LogFormat %h n${i}\nCustomLog l${i} n${i}`),
    ['WORKERS_NONE'],
  ],
  [
    'addresses to listen on',
    'jk.conf',
    (size) => numbered(size, (i) => `Listen 127.0.0.1:${i % 65_536}`),
    ['WORKERS_NONE'],
  ],
  ['an Include of one name', 'jk.conf', (size) => many(line(size), 'x', 'Include '), ['INCLUDE']],
  ['an Include of stars', 'jk.conf', (size) => `Include ${many(Math.min(size, 4000), '*a')}b`, ['INCLUDE']],
  [
    'Includes of the same files',
    'jk.conf',
    (size) => many(size, 'Include *.inc\n'),
    ['FILE_TOO_LARGE'],
    (size) => Object.fromEntries([0, 1, 2, 3].map((i) => [`${i}.inc`, many(size / 4, 'Listen 80\n')])),
  ],
  [
    'Includes of files that include themselves',
    'jk.conf',
    (size) => many(size, 'Include a.inc\n'),
    ['FILE_TOO_LARGE', 'INCLUDE'],
    () => ({ 'a.inc': 'Include b.inc\nInclude b.inc\n', 'b.inc': 'Include a.inc\nInclude c.inc\n', 'c.inc': '' }),
  ],
  ['Includes of nothing', 'jk.conf', (size) => many(size, 'IncludeOptional *.none\n'), ['FILE_TOO_LARGE']],
  [
    'users',
    'jk.conf',
    () => '<Location /x>\nAuthUserFile users\nRequire valid-user\n</Location>\n',
    ['USER'],
    (size) => ({ users: numbered(size, (i) => `u${i}:x`) }),
  ],

  [
    'users of groups',
    'jk.conf',
    (size) => `<Location /x>\nAuthGroupFile groups\n${many(size, 'Require group g\n')}</Location>\n`,
    ['FILE_TOO_LARGE'],
    (size) => ({ groups: numbered(size, (i) => `g: u${i}`) }),
  ],

  // server.xml
  ['quotes in a tag', 'server.xml', (size) => many(size, '"', '<Server '), ['XML_SYNTAX']],
  ['typographic quotes', 'server.xml', (size) => many(size, '”', '<Server port="', '">'), ['XML_SYNTAX']],
  ['typographic quotes and spaces', 'server.xml', (size) => many(size, '” ', '<Server port="', '">'), ['XML_SYNTAX']],
  [
    'tags with typographic quotes',
    'server.xml',
    (size) => many(size, '<a b=”c”/>', '<Server>', '</Server>'),
    ['FILE_TOO_LARGE'],
  ],
  ['elements in elements', 'server.xml', (size) => many(size, '<Server>'), ['FILE_TOO_LARGE']],
  [
    'elements in elements, closed',
    'server.xml',
    (size) => {
      const depth = Math.min(9_900, size / 8)
      return `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`
    },
    ['XML_SYNTAX'],
  ],
  ['a thousand deep', 'server.xml', () => `${'<Server>'.repeat(1000)}${'</Server>'.repeat(1000)}`, ['XML_SYNTAX']],
  ['angle brackets', 'server.xml', (size) => many(size, '<'), ['FILE_TOO_LARGE']],
  ['open tags', 'server.xml', (size) => many(Math.min(size, 50_000), '<a ', '<Server>'), ['XML_SYNTAX']],
  ['attributes', 'server.xml', (size) => `<Server ${numbered(size, (i) => `a${i}="x"`)}/>`, ['ATTRIBUTE_UNKNOWN']],
  ['entities', 'server.xml', (size) => many(size, '&amp;', '<Server port="', '"/>'), ['CONNECTOR_NONE']],
  [
    'a billion laughs',
    'server.xml',
    (size) =>
      `<!DOCTYPE a [<!ENTITY e0 "ha">${numbered(size, (i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`)}]><Server port="&e1;"/>`,
    ['XML_SYNTAX'],
  ],
  [
    'an entity of a file',
    'server.xml',
    () => '<!DOCTYPE a [<!ENTITY e SYSTEM "users">]><Server port="&e;"/>',
    ['XML_SYNTAX'],
    () => ({ users: 'root' }),
  ],
  [
    'connectors',
    'server.xml',
    (size) => many(Math.min(size, 400_000), '<Connector port="0"/>', '<Service name="s">', '</Service>'),
    [],
  ],
  [
    'hosts',
    'server.xml',
    (size) => many(Math.min(size, 300_000), '<Host name="x"/>', '<Engine name="e" defaultHost="y">', '</Engine>'),
    ['HOST_NAME'],
  ],
  [
    'members',
    'server.xml',
    (size) =>
      many(
        size,
        `<Member className="org.apache.catalina.tribes.membership.StaticMember" host="h" port="1" uniqueId="${id}"/>`,
        cluster + channel + fixed,
        '</Interceptor></Channel></Cluster>',
      ),
    ['MEMBER_LIMIT'],
  ],
  [
    'clusters',
    'server.xml',
    (size) => many(Math.min(size, 700_000), `${cluster}</Cluster>`, '<Engine name="e">', '</Engine>'),
    ['ELEMENT_REPEATED'],
  ],
  [
    'unknown elements',
    'server.xml',
    (size) => many(Math.min(size, 60_000), '<x/>', '<Server>', '</Server>'),
    ['ELEMENTS_IGNORED'],
  ],
  [
    'bytes',
    'server.xml',
    (size) =>
      many(
        size,
        '1,',
        `${cluster}${channel}<Membership className="org.apache.catalina.tribes.membership.McastService" domain="{`,
        '1}"/></Channel></Cluster>',
      ),
    ['CONNECTOR_NONE'],
  ],

  // clowder.yaml
  ['one line', 'c.yaml', (size) => many(Math.min(size, 1_000_000), 'x', 'a: '), ['KEY_UNKNOWN']],
  ['brackets', 'c.yaml', (size) => many(size, '['), ['YAML_LIMIT']],
  ['braces', 'c.yaml', (size) => many(size, '{'), ['YAML_LIMIT']],
  ['maps in maps', 'c.yaml', (size) => many(size, '{a: '), ['YAML_LIMIT']],
  ['lists in lists', 'c.yaml', (size) => many(Math.min(size, 200_000), '- '), ['YAML_LIMIT']],
  ['questions', 'c.yaml', (size) => many(Math.min(size, 200_000), '? '), ['YAML_LIMIT']],
  ['indentation', 'c.yaml', (size) => numbered(Math.min(size, 500_000), (i) => `${' '.repeat(i)}a:`), ['YAML_LIMIT']],
  ['a flat list', 'c.yaml', (size) => `[${many(Math.min(size, 1_000_000), 'a,')}]`, []],
  ['brackets that close nothing', 'c.yaml', (size) => many(Math.min(size, 1_000_000), ']'), ['YAML_SYNTAX']],
  ['quotes', 'c.yaml', (size) => many(Math.min(size, 100_000), '"'), ['YAML_SYNTAX']],
  ['tags', 'c.yaml', (size) => many(Math.min(size, 250_000), '!<x> '), ['YAML_SYNTAX']],
  ['anchors', 'c.yaml', (size) => many(Math.min(size, 150_000), '&a '), ['YAML_SYNTAX']],
  ['documents', 'c.yaml', (size) => many(Math.min(size, 300_000), '---\na\n'), ['YAML_SYNTAX']],
  ['colons', 'c.yaml', (size) => many(Math.min(size, 1_000_000), ':'), ['YAML_SYNTAX']],
  ['unknown keys', 'c.yaml', (size) => numbered(Math.min(size, 600_000), (i) => `key${i}: ${i}`), ['KEY_UNKNOWN']],
  ['one key again and again', 'c.yaml', (size) => many(Math.min(size, 150_000), 'a: 1\n'), ['KEY_TWICE']],
  [
    'aliases of aliases',
    'c.yaml',
    (size) =>
      `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${numbered(Math.min(size, 100_000), (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`)}`,
    ['YAML_LIMIT'],
  ],
  ['an alias of what it stands in', 'c.yaml', () => 'balancer: &a { workers: *a }', ['YAML_SYNTAX']],
  [
    'a list that stands in each host',
    'c.yaml',
    (size) =>
      `balancer:\n  workers: {}\n  hosts:\n    - mounts: &m [${'{ pattern: /, worker: a },'.repeat(1000)}]\n${many(Math.min(size, 80_000), '    - mounts: *m\n')}`,
    ['YAML_LIMIT'],
  ],
]

const squares = new Set(['virtual hosts that inherit sections', 'virtual hosts that copy mounts', 'users of groups'])

export const hostileTexts: readonly HostileText[] = rows.map(([name, file, text, codes, beside]) => ({
  name,
  file,
  text,
  codes,
  ...(beside === undefined ? {} : { beside }),
  ...(squares.has(name) ? { squares: true } : {}),
}))
