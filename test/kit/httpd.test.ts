import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from './folder.ts'
import { startHttpd } from './httpd.ts'
import { needsPeer } from './peers.ts'

test('httpd serves a file', needsPeer('httpd'), async (t) => {
  const documents = temporaryFolder('documents', t)
  writeFileSync(`${documents.path}/hello.txt`, 'hello')
  const httpd = await startHttpd({
    owner: t,
    config: () => `DocumentRoot ${documents.path}\n<Directory ${documents.path}>\n  Require all granted\n</Directory>`,
  })
  const response = await fetch(`http://127.0.0.1:${httpd.port}/hello.txt`)
  assert.equal(await response.text(), 'hello')
})

test('httpd that does not start says why', needsPeer('httpd'), async (t) => {
  await assert.rejects(
    startHttpd({ owner: t, config: () => 'NoSuchDirective on' }),
    /Invalid command 'NoSuchDirective'/,
  )
})
