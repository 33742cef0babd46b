import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  assembleForwardRequest,
  encodeAttributes,
  encodeClientSection,
  keepClientSection,
} from './assemble-forward-request.ts'
import { encodeForwardRequest, type ForwardOptions } from './encode-forward-request.ts'
import { NO_ATTRIBUTES, type RequestToForward } from './forward-request.ts'
import { PacketWriter } from './packet-writer.ts'
import { arbitraryRequest } from './testing/arbitraries.ts'
import { typicalRequest } from './testing/typical.ts'

const OPTIONS: ForwardOptions = { maxHeaders: 100, namesDeleteAndPropfind: false }

/** As a balancer has it: some attributes are the client's, some the worker's. */
function assemble(
  request: RequestToForward & { readonly headers: readonly string[] },
  options = OPTIONS,
  clientNamed = 4,
) {
  const sections = new PacketWriter(65_536)
  const { secret, jvmRoute, named } = request.attributes
  const clientAttributes = encodeAttributes(sections, { named: named.slice(0, clientNamed) })
  const client = keepClientSection(encodeClientSection(sections, request, request.headers, clientAttributes))
  const worker = {
    secret: encodeAttributes(sections, { secret }),
    route: encodeAttributes(sections, { jvmRoute }),
    named: encodeAttributes(sections, { named: named.slice(clientNamed) }),
  }
  const writer = new PacketWriter()
  assembleForwardRequest(writer, request, client, worker, options)
  return { bytes: writer.view(), client }
}

function encode(request: RequestToForward, options = OPTIONS): Buffer {
  const writer = new PacketWriter()
  encodeForwardRequest(writer, request, options)
  return writer.view()
}

describe('a request out of pieces', () => {
  test('has the bytes of one encoded as a whole', () => {
    assert.deepEqual(assemble(typicalRequest as never).bytes, encode(typicalRequest))
    fc.assert(
      fc.property(arbitraryRequest, fc.boolean(), (request, namesDeleteAndPropfind) => {
        const { secret, jvmRoute, named } = request.attributes
        const same = { ...request, attributes: { ...NO_ATTRIBUTES, secret, jvmRoute, named } }
        const options = { ...OPTIONS, namesDeleteAndPropfind }
        assert.deepEqual(assemble(same, options, 2).bytes, encode(same, options))
      }),
    )
  })
  test('says of its body what its headers say', () => {
    const request = { ...typicalRequest, headers: ['Host', 'a', 'Content-Length', '17'] }
    const { client } = assemble(request)
    assert.deepEqual([client.bodyLength, client.headerCount], [17, 2])
  })
  const rows: readonly [rule: string, change: Partial<RequestToForward>, code: string][] = [
    ['more headers than the limit', { headers: Array<string>(202).fill('X') }, 'AJP_TOO_MANY_HEADERS'],
    ['headers that do not fit', { headers: ['X', 'x'.repeat(9_000)] }, 'AJP_REQUEST_TOO_LARGE'],
    ['a URI that does not fit', { uri: `/${'x'.repeat(9_000)}` }, 'AJP_TARGET_TOO_LARGE'],
    ['a URI without a slash', { uri: 'a' }, 'AJP_TARGET'],
    ['a space in the query', { queryString: 'a b' }, 'AJP_CHARACTER'],
    ['no method', { method: '' }, 'AJP_METHOD'],
  ]
  for (const [rule, change, code] of rows) {
    test(`refused: ${rule}`, () => assert.throws(() => assemble({ ...typicalRequest, ...change } as never), { code }))
  }
  test('a writer is as it was when its request did not fit', () => {
    const sections = new PacketWriter(65_536)
    const worker = { secret: Buffer.alloc(0), route: Buffer.alloc(0), named: Buffer.alloc(0) }
    const client = encodeClientSection(sections, typicalRequest, ['Host', 'a'], Buffer.alloc(0))
    const writer = new PacketWriter()
    assert.throws(() =>
      assembleForwardRequest(writer, { ...typicalRequest, uri: `/${'x'.repeat(9_000)}` }, client, worker, OPTIONS),
    )
    assert.equal(writer.length, 0)
  })
})
