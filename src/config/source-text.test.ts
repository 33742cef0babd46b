import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Complaints } from './complaint.ts'
import { maxFileBytes, maxFiles, maxTotalBytes } from './limits.ts'
import { type FileAccess, nodeFiles, resolveBeside, SourceReader } from './source-text.ts'
import { here } from './testing/collect.ts'

async function read(access: FileAccess, path = 'x', optional = false) {
  const complaints = new Complaints()
  const source = await new SourceReader(access, complaints).read(path, here, 'Include', optional)
  return { text: source?.text, complaints: complaints.list().map(({ code, message }) => `${code} ${message}`) }
}

describe('reading', () => {
  test('text, bytes, at once or later', async () => {
    const contents = ['é', Buffer.from('é'), Promise.resolve('é'), Promise.resolve(new Uint8Array([0xc3, 0xa9]))]
    for (const content of contents) assert.equal((await read({ readFile: () => content })).text, 'é')
  })

  test('bytes that are no UTF-8 become replacement characters', async () => {
    assert.equal((await read({ readFile: () => Uint8Array.of(0x61, 0xe9) })).text, 'a\uFFFD')
  })

  test('a NUL is no text, and UTF-16 is full of them', async () => {
    const { text, complaints } = await read({ readFile: () => Buffer.from('\uFEFFa=b', 'utf16le') })
    assert.equal(text, undefined)
    assert.match(complaints[0]!, /^CONFIG_TEXT_NUL/)
  })

  test('a failure is a complaint, whatever was thrown', async () => {
    for (const thrown of [new Error('disk \u001b[31m'), 'text', undefined, null]) {
      const { text, complaints } = await read({ readFile: () => Promise.reject(thrown) })
      assert.equal(text, undefined)
      assert.match(complaints[0]!, /^CONFIG_FILE_UNREADABLE cannot read "x": [ -~]+$/)
    }
  })

  test('an optional file may be missing, but not unreadable', async () => {
    const failing = (code: string): FileAccess => ({
      readFile() {
        throw Object.assign(new Error('no'), { code })
      },
    })
    assert.deepEqual((await read(failing('ENOENT'), 'x', true)).complaints, [])
    assert.equal((await read(failing('EACCES'), 'x', true)).complaints.length, 1)
    assert.equal((await read(failing('ENOENT'), 'x')).complaints.length, 1)
  })

  test('limits: bytes of a file, of all files, number of files', async () => {
    const at = (access: FileAccess) => new SourceReader(access, complaints)
    const complaints = new Complaints()
    assert.equal(await at({ readFile: () => 'x'.repeat(maxFileBytes + 1) }).read('a', here, 'd'), undefined)
    const large = at({ readFile: () => 'x'.repeat(maxFileBytes) })
    for (let i = 0; i < maxTotalBytes / maxFileBytes; i++) assert.ok(await large.read('a', here, 'd'))
    assert.equal(await large.read('b', here, 'd'), undefined)
    const many = at({ readFile: () => '' })
    for (let i = 0; i < maxFiles; i++) assert.ok(await many.read('a', here, 'd'))
    assert.equal(await many.read('a', here, 'd'), undefined)
    assert.deepEqual(
      complaints.list().map(({ code }) => code),
      Array(3).fill('CONFIG_FILE_TOO_LARGE'),
    )
  })
})

describe('the real file system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clowder-config-'))
  after(() => rmSync(folder, { recursive: true }))
  const path = (name: string, text = '') => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  test('a file is read', async () => assert.equal((await read(nodeFiles, path('a', 'text'))).text, 'text'))

  test('a folder, a device and a missing file are complaints', async () => {
    assert.match((await read(nodeFiles, folder)).complaints[0]!, /not a regular file$/)
    assert.match((await read(nodeFiles, '/dev/zero')).complaints[0]!, /not a regular file$/)
    assert.match((await read(nodeFiles, join(folder, 'none'))).complaints[0]!, /no such file$/)
    assert.match((await read(nodeFiles, join(path('file'), 'below'))).complaints[0]!, /no such file$/)
  })

  test('a file that is too large is not read', async () => {
    const large = path('large')
    truncateSync(large, maxFileBytes + 1)
    assert.match((await read(nodeFiles, large)).complaints[0]!, /over maxFileBytes/)
  })
})

describe('names of files', () => {
  test('are relative to the file, or to the base', () => {
    assert.equal(resolveBeside('conf/jk.conf', 'w.properties'), 'conf/w.properties')
    assert.equal(resolveBeside('jk.conf', 'w.properties'), 'w.properties')
    assert.equal(resolveBeside('conf/jk.conf', '../w.properties', '/etc/httpd'), '/etc/w.properties')
    assert.equal(resolveBeside('conf/jk.conf', '/w.properties', '/etc/httpd'), '/w.properties')
  })
})
