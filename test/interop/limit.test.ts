/**
 * `<Limit>` and `<LimitExcept>`, read by httpd and by clowder: of each section the same methods get in. The container behind
 * both answers everything alike, so that only the rules decide.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { END_AND_KEEP, encodeSendHeaders, MAGIC, PacketReader, PacketWriter } from '../../src/ajp/index.ts'
import { createBalancer } from '../../src/balancer/index.ts'
import { loadBalancerConfiguration } from '../../src/config/index.ts'
import { temporaryFolder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import { suite } from '../kit/suite.ts'
import { get } from '../stories/visitor.ts'

const limit = (methods: string, ...lines: string[]) => [`<Limit ${methods}>`, ...lines, '</Limit>']
const except = (methods: string, ...lines: string[]) => [`<LimitExcept ${methods}>`, ...lines, '</LimitExcept>']
const basic = (folder: string) => ['AuthType Basic', 'AuthName x', `AuthUserFile ${folder}/users`]

const SECTIONS: readonly (readonly [rule: string, lines: (folder: string) => readonly string[]])[] = [
  [
    'the pair of old default files',
    () => [
      ...limit('GET POST OPTIONS', 'Order allow,deny', 'Allow from all'),
      ...except('GET POST OPTIONS', 'Order deny,allow', 'Deny from all'),
    ],
  ],
  ['all but some are denied', () => except('GET POST', 'Deny from all')],
  ['some are denied', () => limit('PUT DELETE', 'Order deny,allow', 'Deny from all')],
  ['HEAD is GET', () => limit('HEAD', 'Deny from all')],
  ['HEAD is GET in what is excepted', () => except('HEAD', 'Deny from all')],
  ['lists for some methods are beside those for all', () => ['Deny from all', ...limit('PUT', 'Allow from 127.0.0.1')]],
  ['an order for some methods', () => ['Deny from all', 'Allow from all', ...limit('PUT', 'Order allow,deny')]],
  ['a later order for all counts for those, too', () => [...limit('PUT', 'Order allow,deny'), 'Order deny,allow']],
  ['what is required for some is not for others', () => limit('PUT', 'Require all denied')],
  ['what is required for all but some', () => except('GET', 'Require all denied')],
  [
    'required for some, or for all: one is enough',
    () => ['Require all denied', ...limit('GET', 'Require all granted')],
  ],
  ['required for some, and granted to all', () => ['Require all granted', ...limit('GET', 'Require all denied')]],
  [
    'two limits on one method: one is enough',
    () => [...limit('PUT', 'Require all denied'), ...limit('PUT DELETE', 'Require local')],
  ],
  ['a user for some methods', (folder) => [...basic(folder), ...except('GET', 'Require valid-user')]],
  ['how users are known may stand within', (folder) => limit('PUT', ...basic(folder), 'Require valid-user')],
  [
    'conditions within',
    () => limit('GET', '<RequireAll>', 'Require all granted', 'Require not local', '</RequireAll>'),
  ],
  ['a method of another name in lower case', () => limit('get', 'Deny from all')],
  ['a method that httpd does not know', () => limit('FROBNICATE', 'Deny from all')],
]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT']

function directives(folder: string): string {
  const outer = ['<Location /inner>', 'Order deny,allow', 'Deny from all', '</Location>']
  return [
    'JkMount /* n1',
    ...outer,
    ...SECTIONS.flatMap(([, lines], index) => [
      ...['', '/inner'].flatMap((above) => [`<Location ${above}/s${index}>`, ...lines(folder), '</Location>']),
    ]),
  ].join('\n')
}

async function container(owner: Owner): Promise<number> {
  const writer = new PacketWriter()
  encodeSendHeaders(writer, { status: 204, message: 'None', headers: [] })
  const answer = Buffer.concat([writer.take(), END_AND_KEEP])
  const server = createServer((socket) => {
    const reader = new PacketReader(MAGIC.REQUEST, 8_192)
    atEnd(owner, () => void socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (data) => {
      reader.push(data)
      while (reader.next() !== undefined) socket.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(owner, () => void server.close())
  return (server.address() as { port: number }).port
}

suite('methods that rules are limited to', needsPeer('mod_jk'), () => {
  test('of each section the same get in as with httpd', async (t) => {
    const folder = temporaryFolder('limit', t)
    folder.write('users', 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n')
    const workersProperties = `worker.list=n1\nworker.n1.host=127.0.0.1\nworker.n1.port=${await container(t)}\n`
    const modules = ['access_compat', 'authz_host', 'authz_user', 'authn_core', 'authn_file', 'auth_basic']
    const config = () => directives(folder.path)
    const there = (await startHttpd({ owner: t, modules, workersProperties, config })).port
    folder.write('workers.properties', workersProperties)
    const lines = ['Listen 127.0.0.1:0', 'JkWorkersFile workers.properties', config()]
    const { options, complaints } = await loadBalancerConfiguration(folder.write('httpd.conf', lines.join('\n')))
    assert.ok(options !== undefined, JSON.stringify(complaints))
    const balancer = createBalancer(options)
    await balancer.start()
    atEnd(t, () => balancer.stop(0))
    const here = balancer.addresses()[0]!.port

    const isIn = async (port: number, path: string, method: string) => {
      const { status } = await get(port, path, { method })
      return status === 401 || status === 403 ? status : 'in'
    }
    const wrong: string[] = []
    const answers = new Set<string | number>()
    for (const [index, [rule]] of SECTIONS.entries()) {
      for (const above of ['', '/inner'])
        for (const method of METHODS) {
          const path = `${above}/s${index}`
          const [wanted, got] = [await isIn(there, path, method), await isIn(here, path, method)]
          answers.add(wanted)
          if (wanted !== got) wrong.push(`${rule}: ${method} ${path} is ${got}, httpd: ${wanted}`)
        }
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual([...answers].toSorted(), [401, 403, 'in'])
  })
})
