import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { run } from './run.ts'
import { statusUrl } from './status.ts'
import { parseStatus } from './status-text.ts'
import { fakeIo } from './testing/fake-io.ts'

/** A real answer of mod_jk 1.2.48, from before it was said which of its workers had no listener. */
const MOD_JK = readFileSync(new URL('./fixtures/mod-jk-status.txt', import.meta.url), 'utf8')

describe('status text', () => {
  it('of mod_jk is read', () => {
    const found = parseStatus(MOD_JK)
    assert.equal(found.server, 'www.example.com:80')
    assert.equal(found.software, 'mod_jk/1.2.48')
    assert.deepEqual(
      found.balancers.map(({ name, members }) => [name, members.map((member) => `${member.name} ${member.state}`)]),
      [
        ['loadbalancer', ['node1 OK', 'node2 OK', 'node3 OK']],
        ['reports', ['rep1 OK', 'rep2 ERR']],
      ],
    )
    assert.equal(found.balancers[0]!.members[0]!.redirect, 'tc3')
    assert.deepEqual(
      found.workers.map((worker) => worker.name),
      ['plain'],
    )
  })

  it('that is a refusal fails with its words', () =>
    assert.throws(() => parseStatus('Result: type=ERROR message="Access denied."\n'), /says: Access denied\.$/))

  for (const text of ['', 'hello', '<html></html>', 'Member: name'])
    it(`${JSON.stringify(text)} is no status`, () =>
      assert.throws(() => parseStatus(text), { code: 'CLI_STATUS_UNREADABLE' }))

  it('has no power over the terminal', () => {
    const text = 'Balancer Worker: name=a\u001b[2Jb\nResult: type=OK message=""'
    assert.equal(parseStatus(text).balancers[0]!.name, 'a?[2Jb')
  })
})

describe('status url', () => {
  for (const [place, want] of [
    ['127.0.0.1:8080', 'http://127.0.0.1:8080/jk-status?mime=txt&opt=2'],
    ['http://lb.example', 'http://lb.example/jk-status?mime=txt&opt=2'],
    ['https://lb.example/jk-manager?cmd=edit', 'https://lb.example/jk-manager?mime=txt&opt=2'],
  ] as const)
    it(`of ${place}`, () => assert.equal(statusUrl(place).href, want))

  for (const place of ['http://:x', 'ftp://lb.example', 'ajp://127.0.0.1:8009'])
    it(`is not ${place}`, () => assert.throws(() => statusUrl(place), { code: 'CLI_USAGE' }))
})

describe('clowder status', () => {
  async function serve(t: TestContext, listener: RequestListener): Promise<string> {
    const server = createServer(listener)
    t.after(() => server.close())
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it('prints a table, and that a member is in error', async (t) => {
    const io = fakeIo()
    const place = await serve(t, (request, response) => {
      assert.equal(request.url, '/jk-status?mime=txt&opt=2')
      response.end(MOD_JK)
    })
    assert.equal(await run(['status', place], io), 3)
    assert.deepEqual(io.printed, [
      'www.example.com:80  mod_jk/1.2.48',
      '',
      'loadbalancer: 2 good, 1 degraded, 0 bad',
      '  MEMBER  STATE  ACTIVATION  ROUTE  ADDRESS                  REQUESTS  SESSIONS  ERRORS  BUSY',
      '  node1   OK     active      node1  ajp13://127.0.0.11:8009         7         7       0     0',
      '  node2   OK     active      tc2    ajp13://127.0.0.12:8009         3         0       0     0',
      '  node3   OK     disabled    tc3    ajp13://127.0.0.13:8009         1         0       0     0',
      '',
      'reports: 1 good, 0 degraded, 1 bad',
      '  MEMBER  STATE  ACTIVATION  ROUTE  ADDRESS                  REQUESTS  SESSIONS  ERRORS  BUSY',
      '  rep1    OK     active      rep1   ajp13://127.0.0.21:8009         3         3       0     0',
      '  rep2    ERR    active      rep2   ajp13://127.0.0.22:8009         1         1       1     0',
      '',
      'workers without a balancer',
      '  MEMBER  STATE  ACTIVATION  ROUTE  ADDRESS                  REQUESTS  SESSIONS  ERRORS  BUSY',
      '  plain                             ajp13://127.0.0.31:8109         2                 0     0',
    ])
  })

  it('prints JSON from the same values', async (t) => {
    const io = fakeIo()
    assert.equal(await run(['status', '--json', await serve(t, (_request, response) => response.end(MOD_JK))], io), 3)
    assert.deepEqual(JSON.parse(io.printed.join('\n')), parseStatus(MOD_JK))
  })

  it('is content when every member is well', async (t) => {
    const text = MOD_JK.replace('state=ERR', 'state=OK')
    assert.equal(await run(['status', await serve(t, (_request, response) => response.end(text))], fakeIo()), 0)
  })

  it('fails in one line when the answer is another one', async (t) => {
    const io = fakeIo()
    const place = await serve(t, (_request, response) => response.writeHead(403).end())
    assert.equal(await run(['status', place], io), 1)
    assert.deepEqual(io.complained, [`clowder: http://${place}/jk-status answers 403 Forbidden`])
  })

  it('fails in one line when nothing listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((done) => server.close(done))
    const io = fakeIo()
    assert.equal(await run(['status', `127.0.0.1:${port}`], io), 1)
    const url = `http://127.0.0.1:${port}/jk-status`
    assert.deepEqual(io.complained, [`clowder: cannot read ${url}: connect ECONNREFUSED 127.0.0.1:${port}`])
  })
})
