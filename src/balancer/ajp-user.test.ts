/** Who was proved to the front to ask, as an AJP backend is told (mod_jk.md 6.4). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  assembleForwardRequest,
  DEFAULT_FORWARD_OPTIONS,
  decodeForwardRequest,
  encodeClientSection,
  PacketWriter,
} from '../ajp/index.ts'
import { withTold, workerSection } from './ajp-request.ts'

test('the user and how it was proved travel beside the secret', () => {
  const writer = new PacketWriter()
  const facts = { remoteAddr: '10.0.0.1', remoteHost: null, serverName: 'a', serverPort: 80, isSsl: false }
  const client = encodeClientSection(new PacketWriter(), facts, [], Buffer.alloc(0))
  const section = withTold(workerSection({ secret: 's', route: 'r', activation: 'active' }, true), 'jö')
  const request = { method: 'GET', protocol: 'HTTP/1.1', uri: '/', queryString: null }
  assembleForwardRequest(writer, request, client, section, DEFAULT_FORWARD_OPTIONS)
  const { attributes } = decodeForwardRequest(writer.take().subarray(4))
  assert.equal(Buffer.from(attributes.remoteUser ?? '', 'latin1').toString('utf8'), 'jö')
  assert.equal(attributes.authType, 'Basic')
  assert.equal(attributes.secret, 's')
  assert.equal(attributes.jvmRoute, 'r')
})
