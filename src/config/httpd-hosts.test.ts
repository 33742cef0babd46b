import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { anyAddress, readListen, readServerAlias, readServerName } from './httpd-hosts.ts'
import { parseHttpd } from './httpd-tree.ts'
import { sourceText } from './source-text.ts'
import { codes, collect, here } from './testing/collect.ts'

describe('Listen', () => {
  const rows: readonly (readonly [text: string, listen: { host: string; port: number } | undefined, code?: string])[] =
    [
      ['80', { host: anyAddress, port: 80 }],
      ['*:80', { host: anyAddress, port: 80 }],
      ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
      ['[::1]:80', { host: '::1', port: 80 }],
      ['[fe80::1%eth0]:80', { host: 'fe80::1%eth0', port: 80 }],
      ['localhost:80 http', { host: 'localhost', port: 80 }],
      ['"80"', { host: anyAddress, port: 80 }],
      ['0', { host: anyAddress, port: 0 }],
      ['443 http', { host: anyAddress, port: 443 }],
      ['443', undefined, 'CONFIG_LISTEN_TLS'],
      ['8443 HTTPS', undefined, 'CONFIG_LISTEN_TLS'],
      ['127.0.0.1', undefined, 'CONFIG_ADDRESS_SYNTAX'],
      ['127.0.0.1:', undefined, 'CONFIG_ADDRESS_SYNTAX'],
      ['127.0.0.256:80', undefined, 'CONFIG_ADDRESS_SYNTAX'],
      ['-1', undefined, 'CONFIG_ADDRESS_SYNTAX'],
      ['http://a:80', undefined, 'CONFIG_ADDRESS_SYNTAX'],
    ]
  for (const [text, listen, code] of rows) {
    test(`Listen ${text}`, () => {
      const { value, complaints } = collect((list) => {
        const [node] = parseHttpd(sourceText('f', `Listen ${text}`), list)
        assert.ok(node?.is === 'directive')
        return readListen(node, list)
      })
      assert.deepEqual(value, listen)
      assert.deepEqual(codes(complaints), code === undefined ? [] : [code])
    })
  }
})

describe('names of hosts', () => {
  const rows: readonly (readonly [text: string, name: string | undefined, alias: string | undefined])[] = [
    ['www.Example.com', 'www.example.com', 'www.example.com'],
    ['https://a.example:8443', 'a.example', undefined],
    ['a:80', 'a', undefined],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1', undefined],
    ['*.example.com', undefined, '*.example.com'],
    ['*', undefined, undefined],
    ['www.*.com', undefined, undefined],
    ['', undefined, undefined],
  ]
  for (const [text, name, alias] of rows) {
    test(`ServerName ${text}`, () => {
      const { value, complaints } = collect((list) => readServerName({ text, at: here }, 'ServerName', list))
      assert.equal(value, name)
      assert.equal(complaints.length, name === undefined ? 1 : 0)
    })
    test(`ServerAlias ${text}`, () => {
      const { value, complaints } = collect((list) => readServerAlias({ text, at: here }, 'ServerAlias', list))
      assert.equal(value, alias)
      assert.equal(complaints.length, alias === undefined ? 1 : 0)
    })
  }
})
