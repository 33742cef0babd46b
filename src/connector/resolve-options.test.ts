import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConnectorOptions } from './options.ts'
import { resolveOptions } from './resolve-options.ts'

const OPEN = { secretRequired: false }

test('defaults are those of Tomcat, and a time limit for packets', () => {
  const { clock: _, ...options } = resolveOptions({ secret: 's' })
  assert.deepEqual(options, {
    address: '127.0.0.1',
    port: 8009,
    acceptCount: 100,
    secret: 's',
    allow: [],
    packetSize: 8192,
    maxConnections: 8192,
    maxHeaderCount: 100,
    connectionTimeoutMs: 0,
    keepAliveTimeoutMs: 0,
    packetTimeoutMs: 20_000,
    bodyGraceMs: 1_000,
    believesUser: false,
    allowedAttributes: undefined,
    strictContentLength: true,
    onEvent: undefined,
  })
})

const refused: [string, ConnectorOptions, RegExp][] = [
  ['no secret, and nobody said that none is needed', {}, /secret is missing/],
  ['an empty secret is none', { secret: '' }, /secret is missing/],
  ['an open address without a secret', { ...OPEN, address: '0.0.0.0' }, /0\.0\.0\.0 is not loopback/],
  ['an open IPv6 address without a secret', { ...OPEN, address: '::' }, /:: is not loopback/],
  ['an open host name without a secret', { ...OPEN, address: 'node1' }, /node1 is not loopback/],
  ['neither address nor name', { secret: 's', address: 'a b' }, /a b is no IP address or host name/],
  ['a secret that AJP cannot carry', { secret: 'Κ' }, /characters that AJP cannot carry/],
  ['a port beyond ports', { ...OPEN, port: 65_536 }, /port is 65536/],
  ['a packet size below the smallest', { ...OPEN, packetSize: 8_191 }, /packetSize is 8191/],
  ['a packet size above the largest', { ...OPEN, packetSize: 65_537 }, /packetSize is 65537/],
  ['half a connection', { ...OPEN, maxConnections: 0.5 }, /maxConnections is 0.5/],
  ['no time for a packet', { ...OPEN, packetTimeoutMs: 0 }, /packetTimeoutMs is 0/],
  ['a pattern that is none', { ...OPEN, allowedRequestAttributesPattern: '(' }, /allowedRequestAttributesPattern/],
  ['a peer that is no address', { ...OPEN, allow: ['10.0.0.0/33'] }, /"10\.0\.0\.0\/33" is no address/],
]
for (const [name, options, message] of refused)
  test(`refused: ${name}`, () => {
    assert.throws(() => resolveOptions(options), { code: 'CONNECTOR_OPTIONS', message })
  })

const accepted: [string, ConnectorOptions, object][] = [
  [
    '-1 is no limit',
    { ...OPEN, maxConnections: -1, connectionTimeoutMs: -1 },
    { maxConnections: 0, connectionTimeoutMs: 0 },
  ],
  ['keep-alive follows the connection', { ...OPEN, connectionTimeoutMs: 7 }, { keepAliveTimeoutMs: 7 }],
  ['all of 127/8 is loopback', { ...OPEN, address: '127.9.9.9' }, { address: '127.9.9.9' }],
  ['::1 is loopback', { ...OPEN, address: '::1' }, { address: '::1' }],
  ['a secret opens every address', { secret: 's', address: '0.0.0.0' }, { address: '0.0.0.0' }],
  ['and every host name', { secret: 's', address: 'node1.example' }, { address: 'node1.example' }],
  ['localhost is loopback, however it is written', { ...OPEN, address: 'LocalHost' }, { address: 'LocalHost' }],
  ['insecure opens every address', { ...OPEN, insecure: true, address: '0.0.0.0' }, { secret: undefined }],
  ['the user is believed without our authentication', { ...OPEN, tomcatAuthentication: false }, { believesUser: true }],
  ['and with authorization', { ...OPEN, tomcatAuthorization: true }, { believesUser: true }],
]
for (const [name, options, expected] of accepted)
  test(`accepted: ${name}`, () => {
    const resolved = resolveOptions(options) as unknown as Record<string, unknown>
    for (const [key, value] of Object.entries(expected)) assert.deepEqual(resolved[key], value)
  })

test('all problems are reported at once', () => {
  assert.throws(() => resolveOptions({ port: -1, packetSize: 1 }), /port is -1.*packetSize is 1|secret.*port/)
})
