/** Members from the API of Kubernetes, against a server that a test answers for. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Folder, temporaryFolder } from '../../../test/kit/folder.ts'
import { needsPeer, peer } from '../../../test/kit/peers.ts'
import { until } from '../../../test/kit/until.ts'
import { systemClock } from '../../clock/clock.ts'
import { endpointKey } from '../identity.ts'
import { testMember } from '../testing/fixture.ts'
import { endpointsOf, type KubernetesMembershipOptions, kubernetesSource, podsOf } from './kubernetes.ts'
import type { MembershipGroup } from './source.ts'

describe('pods', () => {
  const rows: [rule: string, status: object | undefined, addresses: string[]][] = [
    ['that run', { phase: 'Running', podIP: '10.1.0.1' }, ['10.1.0.1']],
    ['that have an address before they run', { phase: 'Pending', podIP: '10.1.0.1' }, ['10.1.0.1']],
    ['without an address yet are left out', { phase: 'Pending' }, []],
    ['that are over are left out', { phase: 'Succeeded', podIP: '10.1.0.1' }, []],
    ['that failed are left out', { phase: 'Failed', podIP: '10.1.0.1' }, []],
    ['without a status are left out', undefined, []],
  ]
  for (const [rule, status, addresses] of rows) {
    test(rule, () =>
      assert.deepEqual(
        podsOf({ items: [{ status }] }).map(({ address }) => address),
        addresses,
      ),
    )
  }
})

test('endpoints have the port of the name that is asked for; those that are not ready are named, too', () => {
  const ports = [
    { name: 'http', port: 8080 },
    { name: 'channel', port: 4000 },
  ]
  const endpoints = [
    { addresses: ['10.1.0.1'], conditions: { ready: true } },
    { addresses: ['10.1.0.2'], conditions: { ready: false } },
  ]
  assert.deepEqual(endpointsOf({ items: [{ ports, endpoints }] }, 'channel'), [
    { address: '10.1.0.1', port: 4000 },
    { address: '10.1.0.2', port: 4000 },
  ])
  assert.deepEqual(endpointsOf({ items: [{ ports, endpoints }] }, 'other'), [])
  assert.deepEqual(endpointsOf({ items: [{ ports, endpoints }] }, 4000).length, 2)
})

test('an answer that is no list is an error, whatever it is', () => {
  for (const answer of [undefined, null, 1, 'x', [], {}, { items: {} }]) assert.throws(() => podsOf(answer), /no list/)
  assert.deepEqual(podsOf({ items: [null, 1, {}, { status: 1 }] }), [])
})

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const pods = (...addresses: string[]): Answer => {
  const items = addresses.map((podIP) => ({ status: { phase: 'Running', podIP } }))
  return (_request, response) => void response.end(JSON.stringify({ items }))
}

/** A source, and the API it asks. */
async function setup(t: TestContext, options: Partial<KubernetesMembershipOptions> = {}) {
  const api = { answer: pods('10.1.0.1', '10.1.0.2'), requests: [] as string[] }
  const server = createServer((request, response) => {
    api.requests.push(`${request.url} ${request.headers.authorization}`)
    api.answer(request, response)
  })
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const folder = temporaryFolder('kubernetes', t)
  const told: string[] = []
  const group: MembershipGroup = {
    clock: systemClock,
    local: () => testMember(1),
    found: (endpoint) => told.push(`+${endpointKey(endpoint)}`),
    seen: () => told.push('seen'),
    lost: (endpoint) => told.push(`-${endpointKey(endpoint)}`),
    left: () => told.push('left'),
    failed: (cause) => told.push(`! ${cause instanceof Error ? cause.message : String(cause)}`),
  }
  const source = kubernetesSource({
    type: 'kubernetes',
    namespace: 'shop',
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenFile: folder.write('token', 'first\n'),
    intervalMs: 20,
    timeoutMs: 30_000,
    ...options,
  })
  t.after(() => source.stop())
  let all = ''
  return {
    api,
    folder,
    start: () => source.start(group),
    told: () => {
      all += told
        .splice(0)
        .map((line) => `${line}\n`)
        .join('')
      return all
    },
  }
}

describe('the API of Kubernetes', () => {
  test('is asked for pods with the token, and a change is told', async (t) => {
    const { api, start, told } = await setup(t, { labelSelector: 'app=shop,tier!=x' })
    await start()
    assert.equal(told(), '+10.1.0.1:4000\n+10.1.0.2:4000\n')
    assert.equal(api.requests[0], '/api/v1/namespaces/shop/pods?labelSelector=app%3Dshop%2Ctier!%3Dx Bearer first')
    api.answer = pods('10.1.0.2', '10.1.0.3')
    await until('the change is told', () => told().includes('-10.1.0.1:4000\n+10.1.0.3:4000'))
  })

  test('is asked for the slices of a service', async (t) => {
    const { api, start, told } = await setup(t, { service: 'workers', port: 'channel' })
    api.answer = (_request, response) => {
      const slice = { ports: [{ name: 'channel', port: 4444 }], endpoints: [{ addresses: ['10.1.0.7'] }] }
      response.end(JSON.stringify({ items: [slice] }))
    }
    await start()
    assert.equal(told(), '+10.1.0.7:4444\n')
    const path = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices'
    assert.equal(api.requests[0], `${path}?labelSelector=kubernetes.io%2Fservice-name%3Dworkers Bearer first`)
  })

  test('is asked with the token that is in the file now', async (t) => {
    const { api, folder, start } = await setup(t)
    await start()
    folder.write('token', 'second')
    await until('the new one is used', () => api.requests.some((request) => request.endsWith('Bearer second')))
  })

  const failures: [rule: string, answer: Answer, says: RegExp][] = [
    ['that refuses', (_request, response) => void response.writeHead(401).end('{}'), /answers 401/],
    ['that answers nonsense', (_request, response) => void response.end('<html>'), /JSON/],
    [
      'that answers half',
      (_request, response) => void response.write('{"items":[', () => response.destroy()),
      /aborted/,
    ],
    ['that answers something else', (_request, response) => void response.end('{"kind":"Status"}'), /no list/],
    ['that hangs up', (request) => void request.socket.destroy(), /socket hang up|ECONNRESET/],
    ['that never answers', () => {}, /no answer within 200 ms/],
  ]
  for (const [rule, answer, says] of failures) {
    test(`${rule}: the members stay`, async (t) => {
      const { api, start, told } = await setup(t, { timeoutMs: 200 })
      await start()
      await until('the members are known', () => told().includes('+10.1.0.1:4000'))
      api.answer = answer
      await until('the failure is told', () => says.test(told()))
      assert.doesNotMatch(told(), /^-/m)
      api.answer = pods('10.1.0.2')
      await until('it is asked again', () => told().includes('-10.1.0.1:4000'))
    })
  }

  test('is not told the token in the clear', async (t) => {
    const { start, told } = await setup(t, { apiUrl: 'http://192.0.2.1' })
    await start()
    assert.match(told(), /would be told the token in the clear/)
  })

  test('that is not there because this is no pod is told', async (t) => {
    const folder = temporaryFolder('kubernetes', t)
    const told: string[] = []
    const source = kubernetesSource({
      type: 'kubernetes',
      namespace: 'x',
      tokenFile: folder.write('token', 't'),
      env: {},
    })
    t.after(() => source.stop())
    const nothing = () => {}
    await source.start({
      clock: systemClock,
      local: () => testMember(1),
      found: nothing,
      seen: nothing,
      lost: nothing,
      left: nothing,
      failed: (cause) => told.push(String(cause)),
    })
    assert.match(told[0] ?? '', /KUBERNETES_SERVICE_HOST is not set/)
  })
})

/** Certificate files that are their own authority, for this machine's address. */
function certificate(folder: Folder, name: string) {
  const [certFile, keyFile] = [join(folder.path, `${name}.pem`), join(folder.path, `${name}.key`)]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const what = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-out', certFile, '-keyout', keyFile]
  execFileSync(peer('openssl'), ['req', ...kind, ...what], { stdio: 'ignore' })
  return { certFile, cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

test('over TLS only the authority of the service account is believed', needsPeer('openssl'), async (t) => {
  const files = temporaryFolder('kubernetes-tls', t)
  const [own, other] = [certificate(files, 'own'), certificate(files, 'other')]
  const server = createTlsServer(own, pods('10.1.0.9'))
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const apiUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const believed = await setup(t, { apiUrl, caFile: own.certFile })
  await believed.start()
  assert.equal(believed.told(), '+10.1.0.9:4000\n')
  const refused = await setup(t, { apiUrl, caFile: other.certFile })
  await refused.start()
  assert.match(refused.told(), /^! .*self.signed/)
})
