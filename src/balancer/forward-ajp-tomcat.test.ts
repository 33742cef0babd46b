/** A real Tomcat behind an ajp13 worker: bodies of every kind, and a Tomcat that is killed and comes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { needsPeer } from '../../test/kit/peers.ts'
import { rawClient } from '../../test/kit/raw-http.ts'
import { startTomcat } from '../../test/kit/tomcat.ts'
import { until } from '../../test/kit/until.ts'
import { createBalancer } from './balancer.ts'
import type { BalancerEvent } from './events.ts'
import { ask, errorOf, HERE, mount } from './testing/balancer.ts'
import { get } from './testing/engine.ts'

/** Says what it was told and how many bytes came, with a checksum of them; `?status` answers early. */
const APP = `<%@ page contentType="text/plain; charset=utf-8" session="false" trimDirectiveWhitespaces="true" %><%
  if ("early".equals(request.getQueryString())) { response.setStatus(401); out.print("no"); return; }
  java.io.InputStream in = request.getInputStream();
  byte[] bytes = new byte[10000];
  long count = 0, sum = 0;
  for (int n; (n = in.read(bytes)) != -1; count += n) for (int i = 0; i < n; i++) sum = (sum * 31 + bytes[i]) % 1000003;
  out.print(String.join(" ", request.getMethod(), request.getRequestURI(), String.valueOf(request.getQueryString()),
    request.getRemoteAddr(), String.valueOf(request.getRemotePort()), request.getLocalAddr(), request.getServerName(),
    String.valueOf(request.getServerPort()), String.valueOf(request.getAttribute("JK_LB_ACTIVATION")), String.valueOf(count), String.valueOf(sum)));
%>`

const sumOf = (body: Buffer): number => body.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 0)

test('Tomcat behind an ajp13 worker', needsPeer('tomcat'), async (t) => {
  const app = temporaryFolder('ajp-app', t)
  app.write('echo.jsp', APP)
  const options = { owner: t, jvmRoute: 'one', webapps: { '': app.path }, ajpAttributes: 'secret="of both"' }
  const tomcat = await startTomcat({ ...options, ajpPort: 0 })
  const events: BalancerEvent[] = []
  const balancer = createBalancer(
    {
      listen: [HERE],
      workers: {
        one: { type: 'ajp13', host: '127.0.0.1', port: tomcat.ajpPort, retries: 1 },
        lb: { type: 'lb', balanceWorkers: ['one'], retries: 1, secret: 'of both', recoverTimeMs: 1 },
      },
      workerList: ['lb'],
      hosts: [{ names: [], mounts: [mount('/*', 'lb')], access: [] }],
    },
    { onEvent: (event) => events.push(event) },
  )
  await balancer.start()
  t.after(() => balancer.stop(0))
  const { port } = balancer.addresses()[0]!
  const client = await rawClient(t, port)
  const backend = () => balancer.snapshot().workers.find((worker) => worker.kind === 'lb')!.members[0]!
  const facts = `127.0.0.1 ${client.localPort} 127.0.0.1 a 80 ACT`

  await t.test('GET, HEAD and what the application knows of the client', async () => {
    const answer = await ask(client, get('/echo.jsp?a=b&c=%64').replace('Host: a', 'Host: a:80'))
    assert.equal(answer.body.toString(), `GET /echo.jsp a=b&c=%64 ${facts} 0 0`)
    assert.match(answer.field('date') ?? '', /GMT$/)
    const bodyless = await ask(client, get('/echo.jsp').replace('GET', 'HEAD'))
    assert.deepEqual([bodyless.status, bodyless.body.length], [200, 0])
    assert.equal((await ask(client, get('/nothing'))).status, 404)
  })

  await t.test('POST with a length, with chunks, and with an expectation', async () => {
    for (const bytes of [1, 512, 8_186, 8_187, 300_000]) {
      const body = Buffer.alloc(bytes, 'abcdefg')
      const wanted = `POST /echo.jsp null ${facts} ${bytes} ${sumOf(body)}`
      const head = 'POST /echo.jsp HTTP/1.1\r\nHost: a:80\r\n'
      await client.send(`${head}Content-Length: ${bytes}\r\n\r\n`)
      await client.send(body)
      assert.equal((await client.expectMessage()).body.toString(), wanted)
      await client.send(`${head}Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n`)
      await client.send(body)
      await client.send('\r\n0\r\n\r\n')
      assert.equal((await client.expectMessage()).body.toString(), wanted)
      await client.send(`${head}Content-Length: ${bytes}\r\nExpect: 100-continue\r\n\r\n`)
      assert.equal((await client.expectMessage()).status, 100)
      await client.send(body)
      assert.equal((await client.expectMessage()).body.toString(), wanted)
    }
    // A complete answer need not wait for its END_RESPONSE: then the next request takes a second connection.
    assert.ok(backend().maxConnected <= 2, 'one after the other on one connection, or two')
  })

  await t.test('an answer before the end of the upload, after which the connection serves on', async () => {
    const uploader = await rawClient(t, port)
    await uploader.send(
      `POST /echo.jsp?early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(5_000)}`,
    )
    assert.equal((await uploader.expectMessage()).status, 401)
    assert.equal((await ask(client, get('/echo.jsp'))).status, 200)
    assert.equal(backend().connected, backend().maxConnected, 'none was given up')
  })

  await t.test('an upload that is given up closes its connection', async () => {
    const uploader = await rawClient(t, port)
    await uploader.send('POST /echo.jsp HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc')
    await until('it is on its way', () => backend().busy === 1)
    // It may have opened one: the END_RESPONSE of the answer before may not have come yet.
    const { connected } = backend()
    uploader.reset()
    await until('it is over', () => backend().busy === 0 && backend().connected === connected - 1)
    assert.equal((await ask(client, get('/echo.jsp'))).status, 200)
  })

  await t.test('killed: 503; back again: 200', async () => {
    await tomcat.process.kill()
    const down = await ask(client, get('/echo.jsp'))
    assert.deepEqual([down.status, errorOf(down)], [503, 'LB_CONNECT_REFUSED'])
    await startTomcat({ ...options, ajpPort: tomcat.ajpPort })
    // The first client has been idle for as long as a Tomcat needs to start, which may be longer than a client may be.
    const up = await ask(await rawClient(t, port), get('/echo.jsp'))
    assert.equal(up.status, 200)
  })
})
