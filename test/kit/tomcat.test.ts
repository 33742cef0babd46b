import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHttpd } from './httpd.ts'
import { needsPeer } from './peers.ts'
import { isListening } from './ports.ts'
import { EXAMPLES_APP, SAMPLE_APP, startTomcat } from './tomcat.ts'

test('tomcat serves the sample app, also through httpd with mod_jk', needsPeer('tomcat', 'mod_jk'), async (t) => {
  const tomcat = await startTomcat({ owner: t, jvmRoute: 'worker1', ajpPort: 0 })
  const plain = await fetch(`http://127.0.0.1:${tomcat.port}/plain`)
  assert.equal(await plain.text(), 'ok\n')
  assert.equal(plain.headers.get('set-cookie'), null)

  const httpd = await startHttpd({
    owner: t,
    workersProperties: `worker.list=worker1
worker.worker1.type=ajp13
worker.worker1.host=127.0.0.1
worker.worker1.port=${tomcat.ajpPort}
`,
    config: () => 'JkMount /* worker1',
  })
  const first = await fetch(`http://127.0.0.1:${httpd.port}/count`)
  assert.match(await first.text(), /^1 [0-9A-F]{32}\.worker1 worker1\n$/)
  const cookie = first.headers.get('set-cookie')!.split(';')[0]!
  const second = await fetch(`http://127.0.0.1:${tomcat.port}/count`, { headers: { cookie } })
  assert.match(await second.text(), /^2 /)

  await Promise.all([httpd.stop(), tomcat.stop()])
  assert.equal(await isListening(tomcat.port), false)
  assert.equal(await isListening(tomcat.ajpPort), false)
  assert.equal(await isListening(httpd.port), false)
})

test('tomcat serves web applications under paths of their own', needsPeer('tomcat-examples'), async (t) => {
  const tomcat = await startTomcat({ owner: t, webapps: { '/examples': EXAMPLES_APP, '/app': SAMPLE_APP } })
  const example = await fetch(`http://127.0.0.1:${tomcat.port}/examples/servlets/servlet/HelloWorldExample`)
  assert.match(await example.text(), /Hello World/)
  assert.equal((await fetch(`http://127.0.0.1:${tomcat.port}/app/plain`)).status, 200)
})
