import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatAddress, parseAddress } from './address.ts'

describe('address', () => {
  for (const [text, want] of [
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['9000', { host: '127.0.0.1', port: 9000 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['0.0.0.0:65535', { host: '0.0.0.0', port: 65535 }],
    ['localhost:65536', undefined],
    ['localhost', undefined],
    ['localhost:', undefined],
    [':8080', undefined],
    ['[]:80', undefined],
    ['::1:80', undefined],
    ['http://localhost:80', undefined],
    ['host:-1', undefined],
    ['host:0x50', undefined],
    ['host: 80', undefined],
    ['', undefined],
  ] as const)
    it(`${JSON.stringify(text)} is ${want === undefined ? 'refused' : 'read'}`, () =>
      assert.deepEqual(parseAddress(text), want))

  it('reads what it writes', () => {
    const host = fc.oneof(fc.ipV4(), fc.constantFrom('::1', 'fe80::1', 'localhost', 'a.example'))
    fc.assert(
      fc.property(host, fc.nat(65_535), (host, port) =>
        assert.deepEqual(parseAddress(formatAddress({ host, port })), { host, port }),
      ),
    )
  })
})
