/** What a clowder.yaml may say about the store of a persistent manager, and that a password is not shown. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { clowderSchema } from './clowder-yaml-schema.ts'
import { checkYaml } from './testing/yaml-text.ts'

const env = { URL: 'rediss://ann:secret%23@h:7000/1', PASSWORD: 'secret' }

/** A worker whose manager says this, from column 13 of line 6 on. */
const withManager = (manager: string, cluster = ''): string => `workers:
  w:
    connectors: [{ protocol: http, port: 0 }]
    cluster:
      ${cluster === '' ? '' : `${cluster}\n      `}manager:
        ${manager}
`
const withStore = (store: string): string => withManager(`{ kind: persistent, store: { ${store} } }`)

const check = (text: string) => checkYaml(text, env)

/** A rule, a file, the beginnings of its complaints; `beyond`: nothing for a schema. */
const table: readonly (readonly [rule: string, text: string, complaints: readonly string[], beyond?: 'beyond'])[] = [
  ['one server', withStore('kind: redis, url: "redis://127.0.0.1:6379"'), []],
  ['a variable', withStore(`kind: redis, url: "\${URL}", password: "\${PASSWORD}"`), []],
  ['a cluster', withStore('kind: redis-cluster, urls: ["redis://a", "redis://b:7000"], username: ann'), []],
  [
    'limits',
    withStore(
      'kind: redis, url: "redis://h", timeout: 2s, whenFails: without, maxCalls: 1, maxUnsaved: 1, maxUserSessions: 1',
    ),
    [],
  ],
  [
    'no store',
    withManager('kind: persistent'),
    ['6:9 error CONFIG_KEY_MISSING workers.w.cluster.manager: kind persistent has no store (write where sessions are'],
    'beyond',
  ],
  [
    'a store of another manager',
    withManager('{ kind: backup, store: { kind: redis, url: "redis://h" } }'),
    ['6:25 error CONFIG_VALUE_REFUSED workers.w.cluster.manager.store: kind backup has no store'],
    'beyond',
  ],
  [
    'a store of no kind of manager',
    withManager('store: { kind: redis, url: "redis://h" }'),
    ['6:9 error CONFIG_VALUE_REFUSED workers.w.cluster.manager.store: kind delta has no store'],
    'beyond',
  ],
  ['no kind of store', withStore('url: "redis://h"'), ['6:36 error CONFIG_KEY_MISSING']],
  ['another kind of store', withStore('kind: memcached, url: x'), ['6:44 error CONFIG_VALUE_REFUSED']],
  ['no url', withStore('kind: redis'), ['6:36 error CONFIG_KEY_MISSING workers.w.cluster.manager.store: has no url']],
  [
    'urls of one server',
    withStore('kind: redis, urls: ["redis://h"]'),
    ['6:36 error CONFIG_KEY_MISSING', '6:51 error CONFIG_KEY_UNKNOWN'],
  ],
  ['a cluster of no nodes', withStore('kind: redis-cluster, urls: []'), ['6:65 error CONFIG_VALUE_OUT_OF_RANGE']],
  [
    'a url that is none, unseen',
    withStore('kind: redis, url: "http://ann:secret@h"'),
    [
      '6:51 error CONFIG_VALUE_REFUSED workers.w.cluster.manager.store.url: does not begin with redis:// or rediss:// (write redis://HOST:PORT',
    ],
    'beyond',
  ],
  [
    'a url that is none among others, unseen',
    withStore('kind: redis-cluster, urls: ["redis://h", "redis://:secret/@h"]'),
    ['6:79 error CONFIG_VALUE_REFUSED workers.w.cluster.manager.store.urls[1]: is no address'],
    'beyond',
  ],
  [
    'a database of a cluster',
    withStore(`kind: redis-cluster, urls: ["\${URL}"]`),
    ['6:66 error CONFIG_VALUE_REFUSED workers.w.cluster.manager.store.urls[0]: names a database'],
    'beyond',
  ],
  [
    'a limit of nothing',
    withStore('kind: redis, url: "redis://h", maxCalls: 0'),
    ['6:79 error CONFIG_VALUE_OUT_OF_RANGE'],
  ],
  [
    'what is about a channel',
    withManager(
      '{ kind: persistent, mapSendOptions: 6, rpcTimeout: 1s, store: { kind: redis, url: "redis://h" } }',
      'staticMembers: [{ host: h, port: 4000 }]',
    ),
    [
      '5:7 warning CONFIG_DIRECTIVE_NO_EFFECT workers.w.cluster.staticMembers: accepted, has no effect: with a store there is no channel',
      '7:29 warning CONFIG_DIRECTIVE_NO_EFFECT workers.w.cluster.manager.mapSendOptions',
      '7:48 warning CONFIG_DIRECTIVE_NO_EFFECT workers.w.cluster.manager.rpcTimeout',
    ],
  ],
]

describe('the store in a clowder.yaml', () => {
  const accepts = new Ajv2020({ allErrors: true }).compile(clowderSchema())
  for (const [rule, text, wanted, beyond] of table)
    test(rule, async () => {
      const { lines } = await check(text)
      assert.deepEqual(
        lines.map((line, index) => line.slice(0, wanted[index]?.length ?? line.length)),
        wanted,
      )
      assert.doesNotMatch(lines.join('\n'), /secret/)
      const isWrong = wanted.some((line) => line.includes(' error '))
      assert.equal(accepts(parse(text)), !isWrong || beyond === 'beyond', JSON.stringify(accepts.errors))
    })

  test('says what the worker is told', async () => {
    const { yaml } = await check(
      withStore(
        `kind: redis, url: "\${URL}", password: "\${PASSWORD}", prefix: "a:", timeout: 2s, whenFails: without, maxCalls: 5`,
      ),
    )
    assert.deepEqual(yaml?.workers?.w?.cluster?.manager, {
      kind: 'persistent',
      store: {
        kind: 'redis',
        url: env.URL,
        password: 'secret',
        prefix: 'a:',
        timeoutMs: 2000,
        whenFails: 'without',
        maxCalls: 5,
      },
    })
  })
})
