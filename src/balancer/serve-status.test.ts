/** Requests on a status worker: what its page learns of them, who may see it, and how the page travels. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Barriers } from '../../test/kit/barrier.ts'
import { until } from '../../test/kit/until.ts'
import { parseRequestFields } from '../http1/index.ts'
import type { BalancerErrorCode } from './errors.ts'
import { type AnswerSink, Exchange } from './exchange.ts'
import { ForwardedFields } from './forwarded-fields.ts'
import { Forwarding } from './headers.ts'
import type { AccessRule } from './options.ts'
import { type StatusAnswer, type StatusPage, type StatusRequest, StatusServer } from './serve-status.ts'
import { ask, type Cast, cast, errorOf, mount } from './testing/balancer.ts'
import { answering, get, ok } from './testing/engine.ts'

const HTML = 'text/html; charset=utf-8'

/** A status worker `status`, mounted on `/jk-status` and everything below. */
function withPage(t: Parameters<typeof cast>[0], statusPage: StatusPage, access: AccessRule[] = []): Promise<Cast> {
  return cast(
    t,
    { a: answering(() => ok('a')) },
    {
      balancer: {
        workers: { status: { type: 'status' } },
        workerList: ['lb', 'status'],
        hosts: [
          {
            names: [],
            mounts: [mount('/*', 'lb'), mount('/jk-status', 'status'), mount('/jk-status/*', 'status')],
            access,
          },
        ],
      },
      hooks: { statusPage },
    },
  )
}

const saying = (body: string): StatusPage => {
  return () => ({ status: 200, headers: { 'Content-Type': HTML, 'X-One': '1' }, body })
}

describe('a status page', () => {
  test('arrives with its status, its fields and its text', async (t) => {
    const { client } = await withPage(t, saying('Mätzchen €'))
    const answer = await ask(client, get('/jk-status'))
    assert.equal(answer.startLine, 'HTTP/1.1 200 OK')
    assert.deepEqual([answer.field('Content-Type'), answer.field('X-One')], [HTML, '1'])
    assert.equal(answer.body.toString('utf8'), 'Mätzchen €')
  })

  test('learns of a request what it may want to know', async (t) => {
    const seen: StatusRequest[] = []
    const { client, port } = await withPage(t, (request) => {
      seen.push(request)
      return { status: 200, headers: {}, body: '' }
    })
    await ask(
      client,
      get('//jk-status;x/deep/?cmd=show&w=a?b').replace('\r\n\r\n', '\r\nOrigin: null\r\nORIGIN: b\r\n\r\n'),
    )
    const [{ field, ...facts }, ...others] = seen as [StatusRequest, ...StatusRequest[]]
    const plain = { worker: 'status', host: 'a', encrypted: false, localPort: port, remoteAddress: '127.0.0.1' }
    const user = undefined
    assert.deepEqual(facts, { ...plain, method: 'GET', path: '/jk-status/deep/', query: 'cmd=show&w=a?b', user })
    assert.deepEqual([field('origin'), field('host'), field('referer')], ['null', 'a', undefined])
    assert.equal(others.length, 0)
  })

  test('may come later', async (t) => {
    const barriers = new Barriers()
    const { client } = await withPage(t, async () => {
      await barriers.meet('page')
      return { status: 200, headers: {}, body: 'later' }
    })
    const answer = ask(client, get('/jk-status'))
    await barriers.meet('page')
    assert.equal((await answer).body.toString(), 'later')
  })

  test('that comes after its client has gone is dropped', async (t) => {
    const barriers = new Barriers()
    const { client, connect, events } = await withPage(t, async () => {
      await barriers.meet('asked')
      await barriers.meet('page')
      return { status: 200, headers: {}, body: 'too late', refusedEdit: 'because' }
    })
    await client.send(get('/jk-status'))
    await barriers.meet('asked')
    client.reset()
    await barriers.meet('page')
    // What was decided is told all the same.
    await until('the audit knows', () => events.some(({ type }) => type === 'edit-refused'))
    assert.equal((await ask(await connect(), get('/'))).body.toString(), 'a')
  })

  test('that cannot be made later: 500 as well', async (t) => {
    const { client } = await withPage(t, () => Promise.reject(new Error('a page with a flaw')))
    const answer = await ask(client, get('/jk-status'))
    assert.deepEqual([answer.status, errorOf(answer)], [500, 'LB_INTERNAL'])
  })

  test('that was asked for by POST: its body is read and means nothing', async (t) => {
    const { client } = await withPage(t, saying('page'))
    const post = get('/jk-status?cmd=list').replace('GET', 'POST')
    const answer = await ask(client, `${post.slice(0, -2)}Content-Length: 7\r\n\r\ncmd=foo`)
    assert.equal(answer.body.toString(), 'page')
    assert.equal((await ask(client, get('/'))).body.toString(), 'a')
  })

  test('tells why it refused a change, and who asked', async (t) => {
    const { client, events } = await withPage(t, () => ({ status: 200, headers: {}, body: '', refusedEdit: 'because' }))
    await ask(client, get('/jk-status'))
    assert.deepEqual(events, [
      { type: 'edit-refused', by: { address: '127.0.0.1', user: undefined }, reason: 'because' },
    ])
  })

  test('for HEAD: the length a GET would have, no body, and the connection goes on', async (t) => {
    const { client } = await withPage(t, saying('€€'))
    const head = await ask(client, get('/jk-status').replace('GET', 'HEAD'))
    assert.deepEqual([head.status, head.field('Content-Length'), head.field('X-One')], [200, '6', '1'])
    const lengths = head.fields.filter(([name]) => name === 'content-length' || name === 'transfer-encoding')
    assert.equal(lengths.length, 1)
    assert.equal((await ask(client, get('/jk-status'))).body.toString(), '€€')
  })

  test('may be any status', async (t) => {
    const { client } = await withPage(t, () => ({ status: 405, headers: { Allow: 'GET' }, body: 'no\n' }))
    const answer = await ask(client, get('/jk-status'))
    assert.deepEqual([answer.startLine, answer.field('Allow')], ['HTTP/1.1 405 Method Not Allowed', 'GET'])
  })

  test('is 404 where nobody makes one', async (t) => {
    const { client } = await cast(
      t,
      { a: answering(() => ok()) },
      {
        balancer: {
          workers: { status: { type: 'status' } },
          workerList: ['status'],
          hosts: [{ names: [], mounts: [mount('/jk-status', 'status')], access: [] }],
        },
      },
    )
    assert.equal((await ask(client, get('/jk-status'))).status, 404)
  })

  test('that cannot be made: 500, an event with the cause, and the balancer goes on', async (t) => {
    const cause = new Error('a page with a flaw')
    const { client, events } = await withPage(t, () => {
      throw cause
    })
    const answer = await ask(client, get('/jk-status'))
    assert.deepEqual([answer.status, errorOf(answer)], [500, 'LB_INTERNAL'])
    assert.deepEqual(events, [
      { type: 'attempt-failed', worker: 'status', code: 'LB_INTERNAL', willRetry: false, method: 'GET', cause },
    ])
    assert.equal((await ask(client, get('/'))).body.toString(), 'a')
  })

  test('is not shown where access rules deny it, also to this machine', async (t) => {
    const rule: AccessRule = { location: '/jk-status', allow: [], deny: ['127.0.0.1'], order: 'deny,allow' }
    const { client } = await withPage(t, saying('secret'), [rule])
    const answer = await ask(client, get('/jk-status'))
    assert.deepEqual([answer.status, errorOf(answer)], [403, 'FRONT_FORBIDDEN'])
  })

  test('numbers on it are those of its moment', async (t) => {
    let count = (): number => 0
    const page: StatusPage = () => ({ status: 200, headers: {}, body: `${count()}` })
    const { client, member } = await withPage(t, page)
    count = () => member('a').used
    await ask(client, get('/'))
    assert.equal((await ask(client, get('/jk-status'))).body.toString(), '1')
  })
})

describe('who may see a status page', () => {
  const rows: readonly [rule: string, address: string, isAdmitted: boolean, answer: BalancerErrorCode | 'page'][] = [
    ['this machine', '127.0.0.1', false, 'page'],
    ['this machine by any of its loopback addresses', '127.3.2.1', false, 'page'],
    ['this machine by IPv6', '::1', false, 'page'],
    ['nobody else without an access rule', '192.0.2.1', false, 'FRONT_FORBIDDEN'],
    ['nobody else by IPv6', '2001:db8::1', false, 'FRONT_FORBIDDEN'],
    ['nobody whose address is unknown', '', false, 'FRONT_FORBIDDEN'],
    ['whoever an access rule let in', '192.0.2.1', true, 'page'],
  ]
  for (const [rule, address, isAdmitted, expected] of rows) {
    test(rule, () => {
      const { exchange, answers } = exchangeFrom(address)
      exchange.isAdmitted = isAdmitted
      const page: StatusPage = (): StatusAnswer => ({ status: 200, headers: {}, body: 'page' })
      new StatusServer('status', page, () => {}).serve(exchange)
      assert.deepEqual(answers, [expected])
      assert.ok(exchange.finished)
    })
  }
})

/** A request from an address from which no test can connect. */
function exchangeFrom(address: string): { exchange: Exchange; answers: string[] } {
  const answers: string[] = []
  const nothing = () => {}
  const sink: AnswerSink = {
    together: (write) => write(),
    sendInformational: nothing,
    sendHead: nothing,
    sendWhole: (_, __, body) => void answers.push(body),
    sendData: () => true,
    sendEnd: nothing,
    sendError: (_, code) => void answers.push(code),
    cut: nothing,
    pauseBody: nothing,
    resumeBody: nothing,
  }
  const client = { address, port: 1, localPort: 80, encrypted: false }
  const fields = parseRequestFields('Host: a\r\n', 1, { headBytes: 1_000, headerCount: 10, targetBytes: 1_000 })
  const request = { method: 'GET', target: '/jk-status', minor: 1, host: 'a', fields } as const
  return {
    exchange: new Exchange(sink, client, {
      ...request,
      forwarded: new ForwardedFields(fields, 'a', new Forwarding(client, false)),
      startedAtMs: 0,
    }),
    answers,
  }
}
