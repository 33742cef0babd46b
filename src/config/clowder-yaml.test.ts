/** What a clowder.yaml may say and what it gets told, place by place; schema and reader judge the same. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { projectRoot } from '../../test/kit/project-root.ts'
import { clowderSchema } from './clowder-yaml-schema.ts'
import { schemaText } from './reference.ts'
import { balancer, checkYaml, oneWorker } from './testing/yaml-text.ts'

const env = { HOST: '127.0.0.9', PORT: '8123', WORD: 'eight' }

/** A rule, a file, and the complaints (their beginnings) it gets; none: it is accepted. `beyond`: nothing for a schema. */
const table: readonly (readonly [rule: string, text: string, complaints: readonly string[], beyond?: 'beyond'])[] = [
  ['a balancer alone', balancer('port: 8009'), []],
  ['a worker alone', oneWorker('connectors: [{ protocol: http, port: 0 }]'), []],
  ['nothing', '', ['1:1 error CONFIG_KEY_MISSING has neither'], 'beyond'],
  ['an empty map', '{}', ['1:1 error CONFIG_KEY_MISSING has neither']],
  ['a list at the top', '- a', ['1:1 error CONFIG_VALUE_TYPE a list where a map is wanted']],
  [
    'an unknown key at the top',
    'balancr: {}',
    ['1:1 error CONFIG_KEY_UNKNOWN balancr: no such key here (did you mean balancer?)'],
  ],
  [
    'an unknown key',
    balancer('prt: 1'),
    ['3:23 error CONFIG_KEY_UNKNOWN balancer.workers.a.prt: no such key here (did you mean port?)'],
  ],
  [
    'the name of the TypeScript option',
    balancer('socketTimeoutMs: 1'),
    [
      '3:23 error CONFIG_KEY_UNKNOWN balancer.workers.a.socketTimeoutMs: no such key here (write socketTimeout, with the unit in the value: 30s)',
    ],
  ],
  [
    'the name of the directive',
    balancer('socket_timeout: 30s'),
    ['3:23 error CONFIG_KEY_UNKNOWN balancer.workers.a.socket_timeout: no such key here (did you mean socketTimeout?)'],
  ],
  [
    'what is for ajp13 on http',
    'balancer: { workers: { a: { type: http, secret: x } }, hosts: [{}] }',
    ['1:41 error CONFIG_KEY_UNKNOWN'],
  ],
  [
    'a key twice',
    balancer('port: 1, port: 2'),
    ['3:32 error CONFIG_KEY_TWICE balancer.workers.a.port: also in line 3'],
    'beyond',
  ],
  [
    'a required key that is missing',
    'balancer: { workers: {} }',
    ['1:11 error CONFIG_KEY_MISSING balancer: has no hosts'],
  ],
  [
    'a type that is missing',
    'balancer: { workers: { a: { port: 1 } }, hosts: [{}] }',
    ['1:27 error CONFIG_KEY_MISSING balancer.workers.a: has no type (known: http'],
  ],
  [
    'a type that is not known',
    'balancer: { workers: { a: { type: ajp } }, hosts: [{}] }',
    ['1:35 error CONFIG_VALUE_REFUSED balancer.workers.a.type: "ajp" is not known here'],
  ],
  [
    'all complaints at once',
    balancer('port: x, retries: 0, host: 3'),
    ['3:29 error CONFIG_VALUE_NOT_NUMBER', '3:41 error CONFIG_VALUE_OUT_OF_RANGE', '3:50 error CONFIG_VALUE_TYPE'],
  ],

  ['milliseconds', balancer('socketTimeout: 500ms'), []],
  ['days', balancer('socketTimeout: 1d'), []],
  ['zero without a unit', balancer('socketTimeout: 0'), []],
  [
    'a time without a unit',
    balancer('socketTimeout: 30'),
    ['3:38 error CONFIG_VALUE_UNIT balancer.workers.a.socketTimeout: 30 is no time with a unit (write 30ms or 30s)'],
  ],
  ['a unit that is not known', balancer('socketTimeout: 30min'), ['3:38 error CONFIG_VALUE_UNIT']],
  ['a fraction of a unit', balancer('socketTimeout: 1.5s'), ['3:38 error CONFIG_VALUE_UNIT']],
  ['a negative time', balancer('socketTimeout: -1s'), ['3:38 error CONFIG_VALUE_UNIT']],
  ['none where there is always a limit', balancer('socketTimeout: none'), ['3:38 error CONFIG_VALUE_UNIT']],
  ['none where it may be', oneWorker('session: { timeout: none }'), []],
  ['zero where it may not be', balancer('answerGap: 0'), ['3:34 error CONFIG_VALUE_OUT_OF_RANGE']],
  ['longer than a timer can run', balancer('socketTimeout: 25d'), ['3:38 error CONFIG_VALUE_OUT_OF_RANGE'], 'beyond'],

  [
    'yes for true',
    balancer('socketKeepalive: yes'),
    [
      '3:40 error CONFIG_VALUE_TYPE balancer.workers.a.socketKeepalive: "yes" where true or false is wanted (write true)',
    ],
  ],
  ['a number for true', balancer('socketKeepalive: 1'), ['3:40 error CONFIG_VALUE_TYPE']],
  ['a number in quotes', balancer('port: "80"'), ['3:29 error CONFIG_VALUE_NOT_NUMBER']],
  ['a fraction', balancer('port: 80.5'), ['3:29 error CONFIG_VALUE_NOT_NUMBER']],
  ['a port that is too large', balancer('port: 65536'), ['3:29 error CONFIG_VALUE_OUT_OF_RANGE']],
  [
    'a number where a text is wanted',
    balancer('secret: 123'),
    ['3:31 error CONFIG_VALUE_TYPE balancer.workers.a.secret: 123 where a text is wanted (write it in quotes)'],
  ],
  [
    'nothing where a text is wanted',
    balancer('secret: '),
    [
      '3:32 error CONFIG_VALUE_TYPE balancer.workers.a.secret: nothing where a text is wanted (give a value, or remove the key)',
    ],
  ],
  ['an empty text', balancer('secret: ""'), ['3:31 error CONFIG_VALUE_REFUSED balancer.workers.a.secret: is empty']],
  [
    'a text for a list',
    balancer('failOnStatus: 503'),
    ['3:37 error CONFIG_VALUE_TYPE balancer.workers.a.failOnStatus: 503 where a list is wanted'],
  ],
  [
    'an entry of a list',
    balancer('failOnStatus: [503, x]'),
    ['3:43 error CONFIG_VALUE_NOT_NUMBER balancer.workers.a.failOnStatus[1]:'],
  ],
  ['letters of pingMode', balancer('pingMode: CX'), ['3:33 error CONFIG_VALUE_REFUSED']],
  [
    'a path that is none',
    balancer('port: 1', 'mounts: [{ pattern: x, worker: a }]'),
    ['5:29 error CONFIG_VALUE_REFUSED balancer.hosts[0].mounts[0].pattern: "x" is not a path'],
  ],
  ['an extension', balancer('port: 1', 'mounts: [{ pattern: /, worker: a, extensions: { replyTimeout: 5s } }]'), []],
  [
    'conditions within conditions',
    balancer(
      'port: 1',
      'access: [{ location: /, require: { is: not, of: { is: any, of: [{ is: ip, networks: [local] }] } } }]',
    ),
    [],
  ],
  [
    'a condition that is not known',
    balancer('port: 1', 'access: [{ location: /, require: { is: nobody } }]'),
    ['5:48 error CONFIG_VALUE_REFUSED'],
  ],
  [
    'one source of a SetEnvIf',
    balancer('port: 1', 'env: [{ when: { of: { field: x }, matches: y }, sets: { a: b, c: } }]'),
    [],
  ],
  [
    'two sources of a SetEnvIf',
    balancer('port: 1', 'env: [{ when: { of: { field: x, variable: z }, matches: y }, sets: {} }]'),
    ['5:29 error CONFIG_VALUE_TYPE'],
  ],
  [
    'bytes',
    oneWorker('cluster: { localMember: { uniqueId: [1, 2, 3] } }'),
    ['2:44 error CONFIG_VALUE_OUT_OF_RANGE workers.w.cluster.localMember.uniqueId: has 3 bytes; 16 are needed'],
  ],
  ['bytes as text', oneWorker('cluster: { staticMembers: [{ host: h, port: 1, domain: d }] }'), []],

  ['a variable for a number', balancer(`port: "\${PORT}"`), []],
  ['a variable that is no number', balancer(`port: "\${WORD}"`), ['3:29 error CONFIG_VALUE_NOT_NUMBER'], 'beyond'],
  ['a variable that is not set', balancer(`secret: "\${NONE}"`), ['3:31 error CONFIG_VARIABLE_UNSET'], 'beyond'],
  [
    'a variable for the type',
    `balancer: { workers: { a: { type: "\${TYPE}" } }, hosts: [{}] }`,
    ['1:35 error CONFIG_VALUE_REFUSED'],
  ],

  [
    'an address without port',
    balancer('port: 1', '', '  listen: [localhost]\n'),
    ['6:12 error CONFIG_ADDRESS_SYNTAX balancer.listen[0]: "localhost" is not HOST:PORT'],
    'beyond',
  ],
  ['a port alone', balancer('port: 1', '', '  listen: [80]\n'), ['6:12 error CONFIG_ADDRESS_SYNTAX']],
  [
    'a member that is not defined',
    'balancer: { workers: { a1: { type: http }, l: { type: lb, balanceWorkers: [a2] } }, hosts: [{}] }',
    ['1:76 error CONFIG_MEMBER_UNDEFINED balancer.workers.l.balanceWorkers[0]: "a2" is not defined (did you mean a1?)'],
    'beyond',
  ],
  [
    'a member that is an lb',
    'balancer: { workers: { l: { type: lb, balanceWorkers: [l] } }, hosts: [{}] }',
    ['1:56 error CONFIG_MEMBER_TYPE'],
    'beyond',
  ],
  [
    'two members of one route',
    'balancer: { workers: { a: { type: http }, b: { type: http, route: a }, l: { type: lb, balanceWorkers: [a, b] } }, hosts: [{}] }',
    ['1:107 error CONFIG_ROUTE_TWICE'],
    'beyond',
  ],
  [
    'a redirect to nowhere',
    'balancer: { workers: { a: { type: http, redirect: b }, l: { type: lb, balanceWorkers: [a] } }, hosts: [{}] }',
    ['1:41 warning CONFIG_REDIRECT_UNKNOWN'],
    'beyond',
  ],
  [
    'a list that names nobody',
    balancer('port: 1', '', '  workerList: [b]\n'),
    ['6:16 error CONFIG_MEMBER_UNDEFINED balancer.workerList[0]: "b"'],
    'beyond',
  ],
  [
    'a mount of an unknown worker',
    balancer('port: 1', 'mounts: [{ pattern: /, worker: b }]'),
    ['5:32 warning CONFIG_MOUNT_WORKER_UNKNOWN balancer.hosts[0].mounts[0].worker: "b" is not in workerList'],
    'beyond',
  ],
  [
    'a network that is none',
    balancer('port: 1', 'access: [{ location: /, allow: [intranet] }]'),
    ['5:41 error CONFIG_ADDRESS_SYNTAX'],
    'beyond',
  ],
  [
    'a name for two hosts',
    'balancer: { workers: {}, hosts: [{ names: [a.example] }, { names: [A.example] }] }',
    ['1:68 warning CONFIG_HOST_NAME balancer.hosts[1].names[0]: "A.example" belongs to an earlier host'],
    'beyond',
  ],
  ['a host that is none', balancer('host: a..b'), ['3:23 error CONFIG_ADDRESS_SYNTAX'], 'beyond'],
  [
    'a pool larger than itself',
    balancer('connectionPoolSize: 2, connectionPoolMinsize: 3'),
    ['3:46 warning CONFIG_VALUE_ADJUSTED'],
    'beyond',
  ],
  [
    'AJP without a secret',
    oneWorker('connectors: [{ protocol: ajp, port: 1 }]'),
    ['2:23 error CONFIG_SECRET_MISSING'],
    'beyond',
  ],
  [
    'AJP for everybody',
    oneWorker('connectors: [{ protocol: ajp, port: 1, secretRequired: false, address: 0.0.0.0 }]'),
    ['2:70 warning CONFIG_CONNECTOR_EXPOSED'],
    'beyond',
  ],
  [
    'keys that are none',
    oneWorker(
      'cluster: { encryption: { keys: [secret] }, interceptors: [{ name: EncryptInterceptor, encryptionKey: hidden }] }',
    ),
    ['2:40 error CONFIG_VALUE_REFUSED', '2:94 error CONFIG_VALUE_REFUSED'],
    'beyond',
  ],
  [
    'a pattern that is none',
    oneWorker('connectors: [{ protocol: ajp, port: 1, secret: x, allowedRequestAttributesPattern: "(" }]'),
    ['2:58 error CONFIG_VALUE_REFUSED'],
    'beyond',
  ],
  ['multicast', oneWorker('cluster: { membership: { kind: multicast, bind: 10.0.0.1, recoveryCounter: 3 } }'), []],
  [
    'seeds',
    oneWorker('cluster: { membership: { kind: seeds, seeds: [{ host: a, port: 4000 }, { host: b, port: 4000 }] } }'),
    [],
  ],
  ['a headless service', oneWorker('cluster: { membership: { kind: dns, name: shop, interval: 10s } }'), []],
  [
    'a service of Kubernetes',
    oneWorker('cluster: { membership: { kind: kubernetes, service: shop, portName: channel }, quorum: 2 }'),
    [],
  ],
  [
    'what becomes of sessions on a full node, and in a minority',
    oneWorker('cluster: { manager: { whenFull: end-idlest, whenMinority: refuse }, quorum: 2 }'),
    [],
  ],
  ['an admin port', oneWorker('admin: { port: 8095 }'), []],
  ['an admin port on IPv6', oneWorker('admin: { address: "::1", port: 0 }'), []],
  [
    'an admin port beyond loopback',
    oneWorker('admin: { address: 0.0.0.0, port: 8095 }'),
    ['2:17 error CONFIG_VALUE_REFUSED'],
    'beyond',
  ],
  ['an admin port without a port', oneWorker('admin: {}'), ['2:15 error CONFIG_KEY_MISSING']],
  [
    'a minority where nobody counts',
    oneWorker('cluster: { manager: { whenMinority: refuse } }'),
    ['2:30 warning CONFIG_DIRECTIVE_NO_EFFECT'],
  ],
  [
    'policies of managers in memory, for one with a store',
    oneWorker(
      'cluster: { manager: { kind: persistent, store: { kind: redis, url: "redis://h" }, whenFull: end-idlest, whenMinority: refuse } }',
    ),
    ['2:90 warning CONFIG_DIRECTIVE_NO_EFFECT', '2:112 warning CONFIG_DIRECTIVE_NO_EFFECT'],
  ],
  [
    'policies that there are not',
    oneWorker('cluster: { manager: { whenFull: grow, whenMinority: no } }'),
    ['2:40 error CONFIG_VALUE_REFUSED', '2:60 error CONFIG_VALUE_REFUSED'],
    'beyond',
  ],
  [
    'a membership that there is not',
    oneWorker('cluster: { membership: { kind: gossip } }'),
    ['2:39 error CONFIG_VALUE_REFUSED'],
    'beyond',
  ],
  [
    'a member twice',
    oneWorker('cluster: { staticMembers: [{ host: h, port: 1 }, { host: h, port: 1 }] }'),
    ['2:57 warning CONFIG_MEMBER_TWICE'],
    'beyond',
  ],
  [
    'what has no effect yet',
    oneWorker('cluster: { replicate: true, replicationFilter: x }'),
    ['2:36 warning CONFIG_DIRECTIVE_LATER'],
  ],
  ['what has no effect yet, and is so anyway', oneWorker('cluster: { sender: { maxRetryAttempts: 1 } }'), []],

  [
    'a merged map',
    'balancer:\n  workers:\n    a: &a { type: http, port: 1 }\n    b: { <<: *a, port: 2 }\n  hosts: [{}]\n',
    [],
  ],
  [
    'a merge of no map',
    balancer('<<: 3'),
    ['3:27 error CONFIG_YAML_SYNTAX balancer.workers.a: << takes a map'],
    'beyond',
  ],
  ['an alias of nothing', balancer('port: *x'), ['3:29 error CONFIG_YAML_SYNTAX'], 'beyond'],
  ['a tag', balancer('port: !!binary 1'), ['3:38 error CONFIG_YAML_SYNTAX'], 'beyond'],
  [
    'a second document',
    `${balancer('port: 1')}---\na: 1\n`,
    ['6:1 error CONFIG_YAML_SYNTAX a second document'],
    'beyond',
  ],
  ['a bracket that is not closed', 'balancer: [', ['1:12 error CONFIG_YAML_SYNTAX'], 'beyond'],
  ['a key that is no name', '? [a]\n: b\n', ['1:3 error CONFIG_YAML_SYNTAX a key that is no name'], 'beyond'],
]

const validate = new Ajv2020({ strict: false }).compile(clowderSchema())

describe('clowder.yaml', () => {
  for (const [rule, text, expected, beyond] of table) {
    test(rule, async () => {
      const { lines } = await checkYaml(text, env)
      const begin = lines.map((line, index) => line.slice(0, expected[index]?.length))
      assert.deepEqual(begin, expected, lines.join('\n'))
      if (beyond) return
      const accepted = !lines.some((line) => line.includes(' error '))
      assert.equal(validate(parse(text, { merge: true })), accepted, `the schema: ${JSON.stringify(validate.errors)}`)
    })
  }
})

test('the schema that is shipped is made from the tables; after a change: node scripts/reference.mjs', () => {
  const shipped: unknown = JSON.parse(readFileSync(join(projectRoot(), 'src/config/clowder.schema.json'), 'utf8'))
  assert.deepEqual(shipped, JSON.parse(schemaText()))
})
