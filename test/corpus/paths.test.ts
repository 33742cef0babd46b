/**
 * Request targets that try to get round mounts, exclusions and access rules, in front of a real Tomcat, over AJP and over
 * HTTP. One law for all of them: whatever Tomcat serves, it serves at a path that a rule maps; and nobody but 127.0.0.2
 * sees the status page.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Balancer, createBalancer } from '../../src/balancer/balancer.ts'
import type { MountRule } from '../../src/balancer/options.ts'
import { temporaryFolder } from '../kit/folder.ts'
import { needsPeer } from '../kit/peers.ts'
import { startTomcat } from '../kit/tomcat.ts'
import { missing, readVectors } from '../kit/vectors.ts'

interface PathVector {
  readonly name: string
  readonly raw: string
  readonly target: string
  readonly expected: 'accept' | 'reject' | 'normalise'
  readonly protected?: string
}

const LANES = 8
const STATUS_PAGE = 'this is the status page'

/** Says where Tomcat has found itself. */
const WHERE = `<%@ page contentType="text/plain; charset=utf-8" session="false" trimDirectiveWhitespaces="true" %><%
  out.print("served " + request.getContextPath() + request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo()));
%>`

const WEB_XML = `<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet><servlet-name>where</servlet-name><jsp-file>/where.jsp</jsp-file></servlet>
  <servlet-mapping><servlet-name>where</servlet-name><url-pattern>/*</url-pattern></servlet-mapping>
</web-app>
`

const mount = (pattern: string, worker: string, exclude = false): MountRule => ({
  pattern,
  worker,
  source: 'mount',
  ...(exclude ? { exclude } : {}),
})

/** Is a path, as Tomcat has understood it, one that the rules below map? */
function isMapped(path: string): boolean {
  return /^\/(?:app|foo|bar)\//.test(path) && !path.startsWith('/app/admin/')
}

const reason = missing('paths.jsonl')
const needs = reason === false ? needsPeer('tomcat') : { skip: reason }

test('no target gets round the rules', needs, async (t) => {
  const vectors = readVectors<PathVector>('paths.jsonl')
  const app = temporaryFolder('where-app', t)
  app.write('where.jsp', WHERE)
  app.write('WEB-INF/web.xml', WEB_XML)
  const webapps = Object.fromEntries(['', '/app', '/manager', '/examples'].map((path) => [path, app.path]))
  const tomcat = await startTomcat({ owner: t, ajpPort: 0, webapps })
  for (const [type, port] of [
    ['ajp13', tomcat.ajpPort],
    ['http', tomcat.port],
  ] as const) {
    await t.test(`${vectors.length} targets over ${type}`, async (t) => {
      const balancer = createBalancer(
        {
          listen: [{ host: '127.0.0.1', port: 0 }],
          workers: { tomcat: { type, host: '127.0.0.1', port, retries: 1 }, status: { type: 'status' } },
          workerList: ['tomcat', 'status'],
          hosts: [
            {
              names: [],
              mounts: [
                ...['/app/*', '/foo/*', '/bar/*'].map((pattern) => mount(pattern, 'tomcat')),
                mount('/app/admin/*', 'tomcat', true),
                mount('/jkmanager', 'status'),
              ],
              access: [{ location: '/jkmanager', order: 'deny,allow', deny: ['all'], allow: ['127.0.0.2'] }],
            },
          ],
        },
        { statusPage: () => ({ status: 200, headers: {}, body: STATUS_PAGE }) },
      )
      await balancer.start()
      t.after(() => balancer.stop(0))
      assert.equal((await answerTo(t, balancer, 'GET /app/x;a=b HTTP/1.1\r\nHost: a\r\n\r\n')).served, '/app/x')
      const queue = [...vectors]
      const wrong: string[] = []
      let served = 0
      const lane = async () => {
        for (let vector = queue.shift(); vector !== undefined; vector = queue.shift()) {
          const { name, raw, target, expected } = vector
          const answer = await answerTo(t, balancer, raw)
          if (answer.served !== undefined) served++
          if (answer.served !== undefined && !isMapped(answer.served))
            wrong.push(`${name}: ${target} is served as ${answer.served}`)
          if (answer.text.includes(STATUS_PAGE)) wrong.push(`${name}: ${target} shows the status page`)
          if (
            expected === 'reject' &&
            vector.protected !== undefined &&
            answer.served?.startsWith(vector.protected) === true
          )
            wrong.push(`${name}: ${target} gets at ${vector.protected}`)
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
      assert.equal(wrong.join('\n'), '')
      assert.ok(served > 20, `only ${served} targets came through: the law was not put to the test`)
    })
  }
})

/** All that comes back on a connection of its own, and where Tomcat says that it was. */
function answerTo(
  t: TestContext,
  balancer: Balancer,
  raw: string,
): Promise<{ text: string; served: string | undefined }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: balancer.addresses()[0]!.port })
    t.after(() => socket.destroy())
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve({ text, served: /served (\/\S*)/.exec(text)?.[1] }))
    socket.end(raw, 'latin1')
  })
}
