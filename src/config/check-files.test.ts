import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkFiles } from './check-files.ts'
import { memoryFiles } from './testing/memory-files.ts'

/** `FILE:LINE:COLUMN CODE …: message`, without what each file says for itself. */
async function across(files: Readonly<Record<string, string>>, names = Object.keys(files)): Promise<readonly string[]> {
  const { complaints } = await checkFiles(names, { ...memoryFiles(files), env: {} })
  return complaints
    .filter(({ code }) => /_(?:MISMATCH|MOUNT_WORKER_UNKNOWN|WORKERS_NONE|UNREADABLE)$/.test(code))
    .map(({ file, line, column, code, directive, message, hint }) => {
      return `${file}:${line}:${column} ${code.replace('CONFIG_', '')} ${directive}: ${message}${hint === undefined ? '' : ` (${hint})`}`
    })
}

const workers = `worker.list=lb
worker.lb.type=lb
worker.lb.balance_workers=a,b
worker.a.host=127.0.0.1
worker.a.port=8009
worker.b.host=127.0.0.1
worker.b.port=8019
`

function server(route: string, connectors: string): string {
  return `<Service name="s">\n  ${connectors}\n  <Engine name="e" ${route}/>\n</Service>`
}

function ajp(port: number, rest = 'secretRequired="false"'): string {
  return `<Connector protocol="AJP/1.3" address="127.0.0.1" port="${port}" ${rest}/>`
}

type Row = readonly [name: string, files: Readonly<Record<string, string>>, ...found: string[]]

const rows: readonly Row[] = [
  ['what fits is not complained about', { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', ajp(8009)) }],
  [
    'a jvmRoute that no member has',
    { 'w.properties': workers, 'a.xml': server('jvmRoute="node-a"', ajp(8009)) },
    'a.xml:3:20 ROUTE_MISMATCH Engine.jvmRoute: "node-a" is the route of no member (routes: a, b)',
  ],
  [
    'a jvmRoute that is almost right',
    { 'w.properties': workers.replaceAll(/\b(a|b)\b(?!=)/g, 'tomcat-$1'), 'a.xml': server('jvmRoute="tomcat-aa"', '') },
    'a.xml:3:20 ROUTE_MISMATCH Engine.jvmRoute: "tomcat-aa" is the route of no member (did you mean tomcat-a?)',
  ],
  [
    'no jvmRoute',
    { 'w.properties': workers, 'a.xml': server('', ajp(8009)) },
    'a.xml:3:3 ROUTE_MISMATCH Engine.jvmRoute: missing: without it sessions do not stick to this backend (routes: a, b)',
  ],
  [
    'a single worker needs no jvmRoute',
    { 'w.properties': 'worker.list=a\nworker.a.port=8009\n', 'a.xml': server('', ajp(8009)) },
  ],
  [
    'a port that the backend does not have',
    { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', ajp(8010)) },
    'w.properties:4:1 PORT_MISMATCH worker.a.port: "a" speaks ajp13 to port 8009; "a.xml" has AJP at 8010 (write port=8010)',
  ],
  [
    'a port that speaks something else',
    { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', '<Connector port="8009"/>') },
    'w.properties:4:1 PORT_MISMATCH worker.a.port: "a" speaks ajp13 to port 8009; "a.xml" has HTTP at 8009 (write type=http)',
  ],
  [
    'a connector that no worker speaks to',
    { 'w.properties': 'worker.list=a\nworker.a.port=8009\n', 'a.xml': server('', ajp(8019)) },
    'a.xml:2:3 PORT_MISMATCH Connector.port: no worker speaks ajp13 to port 8019 (ports of the workers: 8009)',
  ],
  ['port 0 fits everything', { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', ajp(0)) }],
  ['an Engine alone has no ports', { 'w.properties': workers, 'a.xml': '<Engine name="e" jvmRoute="a"/>' }],
  [
    'a secret that is not sent',
    { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', ajp(8009, 'secret="s3"')) },
    'w.properties:4:1 SECRET_MISMATCH worker.a.secret: the Connector at port 8009 of "a.xml" asks for a secret, and none is sent (write the same text in both places)',
  ],
  [
    'another secret',
    { 'w.properties': `${workers}worker.a.secret=s4\n`, 'a.xml': server('jvmRoute="a"', ajp(8009, 'secret="s3"')) },
    'w.properties:4:1 SECRET_MISMATCH worker.a.secret: the Connector at port 8009 of "a.xml" asks for a secret, and another one is sent (write the same text in both places)',
  ],
  [
    'the secret of the lb',
    { 'w.properties': `${workers}worker.lb.secret=s3\n`, 'a.xml': server('jvmRoute="a"', ajp(8009, 'secret="s3"')) },
  ],
  [
    'a Connector whose packets are smaller',
    { 'w.properties': `${workers}worker.a.max_packet_size=16000\n`, 'a.xml': server('jvmRoute="a"', ajp(8009)) },
    'w.properties:4:1 PACKET_SIZE_MISMATCH worker.a.max_packet_size: packets have 16384 bytes; those of the Connector at port 8009 of "a.xml" have 8192 (write packetSize="16384" there)',
  ],
  [
    'a Connector whose packets are larger',
    {
      'w.properties': workers,
      'a.xml': server('jvmRoute="a"', ajp(8009, 'secretRequired="false" packetSize="65536"')),
    },
    'w.properties:4:1 PACKET_SIZE_MISMATCH worker.a.max_packet_size: packets have 8192 bytes; those of the Connector at port 8009 of "a.xml" have 65536 (write max_packet_size=65536)',
  ],
  [
    'equal packets, rounded as mod_jk does',
    {
      'w.properties': `${workers}worker.a.max_packet_size=16000\n`,
      'a.xml': server('jvmRoute="a"', ajp(8009, 'secretRequired="false" packetSize="16384"')),
    },
  ],
  [
    'two backends of one route',
    { 'w.properties': workers, 'a.xml': server('jvmRoute="a"', ''), 'b.xml': server('jvmRoute="a"', '') },
    'b.xml:3:20 ROUTE_MISMATCH Engine.jvmRoute: "a" is also the jvmRoute of "a.xml" (give each backend a route of its own)',
  ],
  [
    'a server.xml with errors is looked at all the same',
    { 'w.properties': workers, 'a.xml': '<Engine name="e" jvmRoute="x">' },
    'a.xml:1:18 ROUTE_MISMATCH Engine.jvmRoute: "x" is the route of no member (routes: a, b)',
  ],
  [
    'the two halves of a clowder.yaml',
    {
      'c.yaml':
        'balancer:\n  workers:\n    lb: { type: lb, balanceWorkers: [a] }\n    a: { type: http, port: 8080 }\nworkers:\n  one: { jvmRoute: b, connectors: [{ protocol: http, port: 8080 }] }\n',
    },
    'c.yaml:6:10 ROUTE_MISMATCH Engine.jvmRoute: "b" is the route of no member (routes: a)',
  ],
  [
    'a file is taken from the given ones by its name',
    { 'jk.conf': 'JkWorkersFile /etc/other/w.properties\nJkMount /x lb\nJkMount /y none\n', 'w.properties': workers },
    'jk.conf:3:12 MOUNT_WORKER_UNKNOWN JkMount: "/y" names the worker "none", which is not in worker.list; its requests get 500 (worker.list has lb)',
  ],
  [
    'a name that two of them have is not guessed at',
    { 'jk.conf': 'JkWorkersFile /etc/w.properties\n', 'a/w.properties': workers, 'b/w.properties': workers },
    'jk.conf:1:15 FILE_UNREADABLE JkWorkersFile: cannot read "/etc/w.properties": no such file',
  ],
  [
    'a part of a configuration gets its workers from the file beside it',
    { 'site.conf': 'JkMount /x lb\nJkMount /y lbb\nJkMount /z a\n', 'w.properties': workers },
    'site.conf:2:12 MOUNT_WORKER_UNKNOWN JkMount: "/y" names the worker "lbb", which is not in worker.list; its requests get 500 (did you mean lb?)',
    'site.conf:3:12 MOUNT_WORKER_UNKNOWN JkMount: "/z" names the worker "a", which is not in worker.list; its requests get 500 (add a to worker.list)',
  ],
  [
    'a part of a configuration alone',
    { 'site.conf': 'JkMount /x lb\n' },
    'site.conf:1:1 WORKERS_NONE JkWorkersFile: no workers are defined (name the workers with JkWorkersFile or JkWorkerProperty)',
  ],
  [
    'mounts beside workers',
    { 'w.properties': workers, 'm.properties': '/x=lb\n/y=c\n' },
    'm.properties:2:1 MOUNT_WORKER_UNKNOWN /y: "/y" names the worker "c", which is not in worker.list; its requests get 500 (worker.list has lb)',
  ],
]

describe('files that belong together', () => {
  for (const [name, files, ...expected] of rows) {
    test(name, async () => assert.deepEqual(await across(files), expected))
  }

  test('a file that another one reads is read once', async () => {
    const files = { 'jk.conf': 'JkWorkersFile w.properties\n', 'w.properties': `${workers}worker.c.port=1\n` }
    const { files: checked, complaints } = await checkFiles(['w.properties', 'jk.conf', 'jk.conf'], memoryFiles(files))
    assert.deepEqual(
      checked.map(({ file, kind }) => [file, kind]),
      [['jk.conf', 'httpd']],
    )
    assert.deepEqual(
      complaints.map(({ code }) => code),
      ['CONFIG_WORKER_UNUSED'],
    )
  })

  test('files that include each other are both read', async () => {
    const files = { 'a.conf': 'Include b.conf\n', 'b.conf': 'Include a.conf\n' }
    const { files: checked, complaints } = await checkFiles(['a.conf', 'b.conf'], memoryFiles(files))
    assert.equal(checked.length, 2)
    assert.ok(complaints.some(({ code }) => code === 'CONFIG_INCLUDE'))
  })
})
