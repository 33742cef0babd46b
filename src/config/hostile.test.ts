/**
 * Text made to hurt: whatever it is, the answer comes in bounded time and says so. The bound is generous, because what it is
 * about is the difference between linear and quadratic: each text has hundreds of thousands of its kind.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { maxComplaints, maxIncludeDepth, maxReferenceDepth, maxSectionDepth, maxWorkers } from './limits.ts'
import { checkConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'

const boundMs = 10_000

/** A megabyte of it. */
function many(piece: string, head = '', tail = ''): string {
  return head + piece.repeat(Math.floor((2 ** 20 - head.length - tail.length) / piece.length)) + tail
}

function numbered(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}

const cluster = '<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">'
const channel = '<Channel className="org.apache.catalina.tribes.group.GroupChannel">'
const fixed = '<Interceptor className="org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor">'
const id = '{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1}'

type Case = readonly [name: string, file: string, text: string, codes: readonly string[]]

const cases: readonly Case[] = [
  // workers.properties
  ['one line of a megabyte', 'w.properties', many('x', 'worker.a.host='), ['LINE_TOO_LONG']],
  ['a megabyte of line ends', 'w.properties', many('\n'), ['WORKER_LIST_MISSING']],
  ['a megabyte of lines that are none', 'w.properties', many('x\n'), ['LINE_IGNORED']],
  ['a megabyte of list lines', 'w.properties', many('worker.list=a\n'), ['WORKER_UNDEFINED']],
  ['as many workers as fit', 'w.properties', numbered(200_000, (i) => `worker.list=w${i}`), ['WORKER_LIMIT']],
  [
    'as many members as fit',
    'w.properties',
    numbered(60_000, (i) => `worker.m${i}.type=http\nworker.l.balance_workers=m${i}`) +
      '\nworker.list=l\nworker.l.type=lb',
    ['WORKER_LIMIT'],
  ],
  [
    'members that do not exist',
    'w.properties',
    `${numbered(100_000, (i) => `worker.l.balance_workers=m${i}`)}\nworker.list=l\nworker.l.type=lb`,
    ['MEMBER_UNDEFINED'],
  ],
  ['unknown directives', 'w.properties', many('worker.a.conection_pool_size=1\n'), ['DIRECTIVE_UNKNOWN']],
  ['the same directive', 'w.properties', many('worker.a.port=1\n', 'worker.list=a\n'), ['DIRECTIVE_TWICE']],
  [
    'variables that grow',
    'w.properties',
    numbered(40, (i) => `v${i}=${i === 0 ? 'xxxxxxxx' : `$(v${i - 1})`.repeat(20)}`),
    ['LINE_TOO_LONG'],
  ],
  ['variables of nothing', 'w.properties', many('$(', 'a=').slice(0, 8000), ['WORKER_LIST_MISSING']],
  [
    'a chain of references',
    'w.properties',
    `${numbered(50_000, (i) => `worker.w${i}.reference=worker.w${i + 1}`)}\nworker.w50000.type=http\nworker.list=w0`,
    ['REFERENCE_DEPTH'],
  ],
  [
    'lbs of lbs',
    'w.properties',
    `${numbered(50_000, (i) => `worker.w${i}.type=lb\nworker.w${i}.balance_workers=w${i + 1}`)}\nworker.list=w0`,
    ['MEMBER_TYPE'],
  ],
  ['mounts of unknown workers', 'm.properties', numbered(150_000, (i) => `/x${i}=w${i}`), []],
  // httpd
  ['100 000 quotes', 'jk.conf', `JkMount ${'"'.repeat(100_000)}`, ['ARGUMENTS']],
  ['100 000 quotes and backslashes', 'jk.conf', `JkMount ${'"\\'.repeat(100_000)}`, ['ARGUMENTS']],
  ['100 000 continued lines', 'jk.conf', `JkMount ${'\\\n'.repeat(100_000)}`, ['ARGUMENTS']],
  ['a megabyte of words', 'jk.conf', many('a ', 'JkMount '), ['ARGUMENTS']],
  ['a megabyte of spaces', 'jk.conf', many(' ', 'JkMount /x'), ['ARGUMENTS']],
  ['a megabyte of open variables', 'jk.conf', many(`\${`, 'JkMount '), ['ARGUMENTS']],
  ['a megabyte of variables', 'jk.conf', many(`\${a}`, 'JkMount '), ['VARIABLE_UNKNOWN']],
  ['sections as deep as fits', 'jk.conf', many('<Location /x>\n'), ['SECTION_DEPTH']],
  ['sections that are closed only', 'jk.conf', many('</x>\n'), ['SECTION_MISMATCH']],
  ['sections that are opened and closed', 'jk.conf', many('<x>\n</x>\n'), ['DIRECTIVES_IGNORED']],
  ['angle brackets', 'jk.conf', many('<'), ['SECTION_SYNTAX']],
  ['different directives', 'jk.conf', numbered(200_000, (i) => `Directive${i} x`), ['DIRECTIVES_IGNORED']],
  [
    'different mounts',
    'jk.conf',
    `${numbered(100_000, (i) => `JkMount /x${i} w${i}`)}\nJkWorkerProperty worker.list=a`,
    ['MOUNT_WORKER_UNKNOWN'],
  ],
  [
    'virtual hosts that inherit many sections',
    'jk.conf',
    many('<Location /x>\nRequire all granted\n</Location>\n') + many('<VirtualHost *:80>\n</VirtualHost>\n'),
    ['FILE_TOO_LARGE', 'WORKERS_NONE'],
  ],
  ['a megabyte of extensions', 'm.properties', `/x=w${many(';stopped=a').slice(0, 8000)}`, ['MOUNT_EXTENSION']],
  ['a megabyte of a regular expression', 'jk.conf', many('(a|b)*', 'SetEnvIf Host '), ['ARGUMENTS', 'WORKERS_NONE']],
  ['a megabyte of open groups', 'jk.conf', `${many('(', 'SetEnvIf Host ')} x`, ['PATTERN', 'WORKERS_NONE']],
  ['rules for the environment', 'jk.conf', many('SetEnvIf Host a no-jk\n'), ['WORKERS_NONE']],
  ['conditions', 'jk.conf', many('Require ip 10.0.0.1\n', '<Location /x>\n'), ['SECTION_OPEN', 'WORKERS_NONE']],
  [
    'conditions as deep as fits',
    'jk.conf',
    `<Location /x>\n${'<RequireAll>\n'.repeat(60)}Require all granted\n${'</RequireAll>\n'.repeat(60)}</Location>`,
    ['WORKERS_NONE'],
  ],
  [
    'formats of logs',
    'jk.conf',
    numbered(30_000, (i) => `LogFormat %h n${i}\nCustomLog l${i} n${i}`),
    ['WORKERS_NONE'],
  ],
  ['virtual hosts', 'jk.conf', many('<VirtualHost *:80>\nServerName a\n</VirtualHost>\n'), ['WORKERS_NONE']],
  [
    'virtual hosts that copy many mounts',
    'jk.conf',
    numbered(1000, (i) => `JkMount /x${i} w`) +
      numbered(1000, () => '\n<VirtualHost *>\n</VirtualHost>') +
      '\nJkMountCopy All',
    ['HOST_NAME'],
  ],
  ['addresses to listen on', 'jk.conf', numbered(65_000, (i) => `Listen 127.0.0.1:${i}`), ['WORKERS_NONE']],
  ['access rules', 'jk.conf', many('Require ip 10.0.0.1\n', '<Location /x>\n', '</Location>'), ['WORKERS_NONE']],
  [
    'nested conditions',
    'jk.conf',
    `<Location /x>\n${'<RequireAll>\n'.repeat(maxSectionDepth - 1)}Require all granted\n${'</RequireAll>\n'.repeat(maxSectionDepth - 1)}</Location>`,
    ['WORKERS_NONE'],
  ],
  ['an Include of a megabyte', 'jk.conf', many('x', 'Include '), ['INCLUDE']],
  ['an Include of stars', 'jk.conf', `Include ${'*a'.repeat(2000)}b`, ['INCLUDE']],
  // server.xml
  ['100 000 quotes in a tag', 'server.xml', `<Server ${'"'.repeat(100_000)}`, ['XML_SYNTAX']],
  ['100 000 typographic quotes', 'server.xml', `<Server port="${'”'.repeat(100_000)}>`, ['XML_QUOTE']],
  ['typographic quotes and spaces', 'server.xml', many('” ', '<Server port="', '">'), ['XML_UNCLOSED']],
  ['elements as deep as fits', 'server.xml', many('<Server>'), ['XML_UNCLOSED']],
  [
    'elements as deep as fits, closed',
    'server.xml',
    `${'<a>'.repeat(300_000)}${'</a>'.repeat(300_000)}`,
    ['XML_SYNTAX'],
  ],
  ['a thousand deep', 'server.xml', `${'<Server>'.repeat(1000)}${'</Server>'.repeat(1000)}`, ['XML_SYNTAX']],
  ['angle brackets', 'server.xml', many('<'), ['XML_SYNTAX']],
  ['open tags', 'server.xml', many('<a ', '<Server>'), ['XML_SYNTAX']],
  ['attributes', 'server.xml', `<Server ${numbered(100_000, (i) => `a${i}="x"`)}/>`, ['ATTRIBUTE_UNKNOWN']],
  ['entities', 'server.xml', many('&amp;', '<Server port="', '"/>'), ['CONNECTOR_NONE']],
  [
    'a billion laughs',
    'server.xml',
    '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]><Server port="&c;"/>',
    ['XML_SYNTAX'],
  ],
  ['connectors', 'server.xml', many('<Connector port="0"/>', '<Service name="s">', '</Service>'), []],
  ['hosts', 'server.xml', many('<Host name="x"/>', '<Engine name="e" defaultHost="y">', '</Engine>'), ['HOST_NAME']],
  [
    'members',
    'server.xml',
    many(
      `<Member className="org.apache.catalina.tribes.membership.StaticMember" host="h" port="1" uniqueId="${id}"/>`,
      cluster + channel + fixed,
      '</Interceptor></Channel></Cluster>',
    ),
    ['MEMBER_LIMIT'],
  ],
  ['clusters', 'server.xml', many(`${cluster}</Cluster>`, '<Engine name="e">', '</Engine>'), ['ELEMENT_REPEATED']],
  ['unknown elements', 'server.xml', many('<x/>', '<Server>', '</Server>'), ['ELEMENTS_IGNORED']],
  [
    'bytes',
    'server.xml',
    `<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">${channel}<Membership className="org.apache.catalina.tribes.membership.McastService" domain="{${'1,'.repeat(500_000)}1}"/></Channel></Cluster>`,
    ['CLASS_LATER'],
  ],
  // clowder.yaml
  ['ten megabytes', 'c.yaml', 'x'.repeat(10 * 2 ** 20), ['FILE_TOO_LARGE']],
  ['one line of two megabytes', 'c.yaml', 'x'.repeat(2 ** 21), ['YAML_LIMIT']],
  ['one line of a megabyte', 'c.yaml', many('x', 'a: '), ['KEY_UNKNOWN']],
  ['brackets', 'c.yaml', '['.repeat(200_000), ['YAML_LIMIT']],
  ['braces', 'c.yaml', '{'.repeat(100_000), ['YAML_LIMIT']],
  ['maps in maps', 'c.yaml', '{a: '.repeat(50_000), ['YAML_LIMIT']],
  ['lists in lists', 'c.yaml', '- '.repeat(100_000), ['YAML_LIMIT']],
  ['questions', 'c.yaml', '? '.repeat(100_000), ['YAML_LIMIT']],
  ['indentation', 'c.yaml', numbered(1000, (i) => `${' '.repeat(i)}a:`), ['YAML_LIMIT']],
  ['a flat list', 'c.yaml', `[${'a,'.repeat(2 ** 19)}]`, ['YAML_LIMIT']],
  ['brackets that close nothing', 'c.yaml', ']'.repeat(100_000), ['YAML_SYNTAX']],
  ['quotes', 'c.yaml', '"'.repeat(100_000), ['YAML_SYNTAX']],
  ['tags', 'c.yaml', '!<x> '.repeat(50_000), ['YAML_SYNTAX']],
  ['anchors', 'c.yaml', '&a '.repeat(50_000), ['YAML_SYNTAX']],
  ['documents', 'c.yaml', '---\na\n'.repeat(50_000), ['YAML_SYNTAX']],
  ['colons', 'c.yaml', many(':'), ['YAML_SYNTAX']],
  ['unknown keys', 'c.yaml', numbered(40_000, (i) => `key${i}: ${i}`), ['KEY_UNKNOWN']],
  ['one key again and again', 'c.yaml', many('a: 1\n').slice(0, 150_000), ['KEY_TWICE']],
  [
    'aliases of aliases',
    'c.yaml',
    `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${numbered(30, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`)}`,
    ['YAML_LIMIT'],
  ],
  ['an alias of what it stands in', 'c.yaml', 'balancer: &a { workers: *a }', ['YAML_SYNTAX']],
  [
    'a list that stands in each host',
    'c.yaml',
    `balancer:\n  workers: {}\n  hosts:\n    - mounts: &m [${'{ pattern: /, worker: a },'.repeat(1000)}]\n${'    - mounts: *m\n'.repeat(4000)}`,
    ['YAML_LIMIT'],
  ],
]

describe('hostile text', () => {
  for (const [name, file, text, expected] of cases) {
    test(`${file}: ${name}`, async () => {
      const start = performance.now()
      const { complaints } = await checkConfiguration(file, { ...memoryFiles({ [file]: text }), env: {} })
      assert.ok(performance.now() - start < boundMs)
      assert.ok(complaints.length <= 2 * maxComplaints + 1)
      const found = new Set(complaints.map(({ code }) => code.replace('CONFIG_', '')))
      for (const code of expected) assert.ok(found.has(code as never), `${code} is not among ${[...found].join(', ')}`)
      for (const { message } of complaints) assert.ok(message.length < 2000)
    })
  }

  test('files that include each other end at the limits', async () => {
    const deep = Object.fromEntries(
      Array.from({ length: maxIncludeDepth + 5 }, (_, i) => [
        `${i}.conf`,
        `Include ${i + 1}.conf\nInclude ${i + 1}.conf\n`,
      ]),
    )
    const { complaints } = await checkConfiguration('0.conf', memoryFiles(deep))
    const codes = new Set(complaints.map(({ code }) => code))
    assert.ok(codes.has('CONFIG_FILE_TOO_LARGE'), 'the number of files is limited')
    assert.ok(codes.has('CONFIG_INCLUDE'), 'their depth is limited')
  })

  test('exactly at the limits nothing is refused', async () => {
    const chain = Array.from({ length: maxReferenceDepth }, (_, i) => `worker.w${i}.reference=worker.w${i + 1}`).join(
      '\n',
    )
    const members = Array.from(
      { length: maxWorkers - 2 },
      (_, i) => `worker.m${i}.type=http\nworker.l.balance_workers=m${i}`,
    )
    const text = `${chain}\nworker.w${maxReferenceDepth}.type=http\n${members.join('\n')}\nworker.l.type=lb\nworker.list=w0,l\n`
    const workers = await checkConfiguration('w.properties', memoryFiles({ 'w.properties': text }))
    assert.deepEqual(workers.complaints, [])
    const sections = `${'<Proxy /x>\n'.repeat(maxSectionDepth)}${'</Proxy>\n'.repeat(maxSectionDepth)}`
    const includes = Object.fromEntries(
      Array.from({ length: maxIncludeDepth }, (_, i) => [`${i}.conf`, `Include ${i + 1}.conf\n`]),
    )
    const last = `${sections}JkWorkerProperty worker.list=a\nJkWorkerProperty worker.a.type=http\n`
    const httpd = await checkConfiguration('0.conf', memoryFiles({ ...includes, [`${maxIncludeDepth}.conf`]: last }))
    assert.deepEqual(
      httpd.complaints.map(({ code }) => code),
      ['CONFIG_DIRECTIVES_IGNORED'],
    )
  })
})
