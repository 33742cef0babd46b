/** What AJP workers are told other than what the front knows (mod_jk.md 2.2, 2.3, 6.4, 6.5), as it stands in the packet. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { asBytes } from './as-bytes.ts'
import type { EnvRule } from './environment.ts'
import { compileEnvironment } from './environment.ts'
import { compileTelling } from './telling.ts'
import type { TellingOptions } from './telling-options.ts'
import { AjpStage, type AskOptions, CLIENT, exchangeOf } from './testing/ajp-stage.ts'

const set = (sets: Readonly<Record<string, string>>): EnvRule => ({
  when: { of: 'path', matches: '' },
  sets: Object.entries(sets),
})

/** What the container gets of a request to a host with these options and variables. */
function told(options: TellingOptions, variables: Readonly<Record<string, string>> = {}, ask: AskOptions = {}) {
  const rules = [set(variables)]
  const { exchange } = exchangeOf(ask)
  exchange.env = compileEnvironment(rules)!.early(exchange)
  const overrides = compileTelling(options, rules)?.(exchange, ask.overrides) ?? ask.overrides
  const stage = AjpStage.connected({ secret: 's' })
  stage.ask({ ...ask, ...(overrides === undefined ? {} : { overrides }) })
  const { attributes, headers, bodies, ...facts } = stage.socket.request()
  const named = new Map<string, string>()
  for (let i = 0; i < attributes.named.length; i += 2) named.set(attributes.named[i]!, attributes.named[i + 1]!)
  return { facts, attributes, named }
}

describe('variables that replace what the front knows', () => {
  const rows: readonly [
    variable: string,
    value: string,
    of: (seen: ReturnType<typeof told>) => unknown,
    is: unknown,
  ][] = [
    ['JK_REMOTE_ADDR', '10.9.8.7', ({ facts }) => facts.remoteAddr, '10.9.8.7'],
    ['JK_REMOTE_ADDR', '', ({ facts }) => facts.remoteAddr, null],
    ['JK_REMOTE_PORT', '99', ({ named }) => named.get('AJP_REMOTE_PORT'), '99'],
    ['JK_REMOTE_PORT', '', ({ named }) => named.get('AJP_REMOTE_PORT'), undefined],
    ['JK_REMOTE_HOST', 'far.example', ({ facts }) => facts.remoteHost, 'far.example'],
    ['JK_REMOTE_HOST', '', ({ facts }) => facts.remoteHost, null],
    ['JK_REMOTE_USER', 'jö', ({ attributes }) => attributes.remoteUser, Buffer.from('jö').toString('latin1')],
    ['JK_AUTH_TYPE', 'CLIENT_CERT', ({ attributes }) => attributes.authType, 'CLIENT_CERT'],
    ['JK_LOCAL_NAME', 'shop.example', ({ facts }) => facts.serverName, 'shop.example'],
    ['JK_LOCAL_NAME', '', ({ facts }) => facts.serverName, ''],
    ['JK_LOCAL_PORT', '8443', ({ facts }) => facts.serverPort, 8443],
    ['JK_LOCAL_PORT', '81x', ({ facts }) => facts.serverPort, 81],
    ['JK_LOCAL_PORT', '99999', ({ facts }) => facts.serverPort, 0],
    ['JK_LOCAL_ADDR', '192.0.2.99', ({ named }) => named.get('AJP_LOCAL_ADDR'), '192.0.2.99'],
    ['JK_LOCAL_ADDR', '', ({ named }) => named.get('AJP_LOCAL_ADDR'), undefined],
  ]
  for (const [variable, value, of, is] of rows)
    test(`${variable}=${value}`, () => assert.deepEqual(of(told({}, { [variable]: value })), is))

  test('JK_REMOTE_USER and JK_AUTH_TYPE come before the user who was proved, and an empty one hides that user', () => {
    const ask = { user: 'ann' }
    assert.equal(told({}, { JK_REMOTE_USER: 'bob' }, ask).attributes.remoteUser, 'bob')
    assert.equal(told({}, { JK_REMOTE_USER: 'bob' }, ask).attributes.authType, 'Basic')
    assert.equal(told({}, { JK_REMOTE_USER: '' }, ask).attributes.remoteUser, null)
    assert.equal(told({}, { JK_AUTH_TYPE: '' }, ask).attributes.authType, null)
  })

  test('JK_ROUTE is told by a worker that stands alone, which has no route; a member tells its own', () => {
    assert.equal(told({}, {}, { overrides: { route: 'zz' } }).attributes.jvmRoute, 'zz')
    assert.equal(told({}, {}, { overrides: { route: 'zz' }, member: { route: 'n1' } }).attributes.jvmRoute, 'n1')
    assert.equal(told({}, {}).attributes.jvmRoute, null)
  })

  test('what no rule can set is not looked for: such a host tells nothing', () => {
    assert.equal(compileTelling({}, [set({ 'no-jk': '1', FOO: 'bar' })]), undefined)
  })
})

describe('JK_LB_ACTIVATION is the activation in force', () => {
  const rows: readonly [rule: string, is: string, ask: AskOptions][] = [
    ['of a worker that stands alone', 'ACT', {}],
    ['of a member', 'DIS', { member: { activation: 'disabled' } }],
    ['of a member where its rule says otherwise', 'STP', by('stopped', 'disabled')],
    ['also where the rule lets it work again', 'ACT', by('active', 'stopped')],
  ]
  for (const [rule, is, ask] of rows)
    test(rule, () => assert.equal(told({}, {}, ask).named.get('JK_LB_ACTIVATION'), is))

  function by(rule: 'active' | 'stopped', activation: 'disabled' | 'stopped'): AskOptions {
    return { member: { activation }, overrides: { activations: new Map([['a', rule]]) } }
  }
})

describe('TLS that ended at a proxy in front', () => {
  const tls = {
    HTTPS: 'On',
    SSL_CIPHER: 'TLS_AES_256_GCM_SHA384',
    SSL_SESSION_ID: 'c0ffee',
    SSL_CIPHER_USEKEYSIZE: '256',
    SSL_PROTOCOL: 'TLSv1.3',
    SSL_CLIENT_CERT: 'CERT\n',
    SSL_CLIENT_CERT_CHAIN_0: 'FIRST\n',
    SSL_CLIENT_CERT_CHAIN_1: 'SECOND\n',
  }
  const seen = (options: TellingOptions, variables: Readonly<Record<string, string>> = tls) => {
    const { facts, attributes, named } = told(options, variables)
    const { sslCert, sslCipher, sslSession, sslKeySize } = attributes
    return [facts.isSsl, sslCert, sslCipher, sslSession, sslKeySize, named.get('AJP_SSL_PROTOCOL')]
  }

  test('HTTPS, SSL_CIPHER, SSL_SESSION_ID, SSL_CIPHER_USEKEYSIZE, SSL_PROTOCOL and SSL_CLIENT_CERT tell how', () => {
    assert.deepEqual(seen({}), [true, 'CERT\n', tls.SSL_CIPHER, 'c0ffee', 256, 'TLSv1.3'])
  })
  test('without HTTPS=on they say nothing', () => {
    for (const HTTPS of ['off', '', '1'])
      assert.deepEqual(seen({}, { ...tls, HTTPS }), [false, null, null, null, null, undefined])
  })
  test('what is not set is not told', () => {
    assert.deepEqual(seen({}, { HTTPS: 'on' }), [true, null, null, null, null, undefined])
  })
  test('ForwardSSLCertChain adds the chain, SSL_CLIENT_CERT_CHAIN_0 and on', () => {
    assert.equal(seen({ certificateChain: true })[1], 'CERT\nFIRST\nSECOND\n')
  })
  test('-ForwardKeySize leaves out the key size', () => assert.equal(seen({ keySize: false })[4], null))
  test('JkExtractSSL Off leaves out all of it', () => {
    assert.deepEqual(seen({ tlsVariables: false }), [false, null, null, null, null, undefined])
  })
})

describe('ForwardLocalAddress', () => {
  test('tells the address of this end with port 0 for those of the client', () => {
    const { facts, named } = told({ clientAddress: 'local' })
    assert.equal(facts.remoteAddr, CLIENT.localAddress)
    assert.equal(named.get('AJP_REMOTE_PORT'), '0')
  })
  test('JK_REMOTE_ADDR counts more', () => {
    assert.equal(told({ clientAddress: 'local' }, { JK_REMOTE_ADDR: '10.1.1.1' }).facts.remoteAddr, '10.1.1.1')
  })
})

describe('JkEnvVar', () => {
  const fields =
    'Host: shop.example:8080\r\nX-Foo: 1\r\nx-foo: 2\r\nCookie: a=1\r\nCookie: b=2\r\nAuthorization: Basic x\r\nProxy: p\r\n'
  const rows: readonly [rule: string, name: string, otherwise: string | null, is: string | undefined][] = [
    ['a variable that is set', 'SET', 'preset', 'value'],
    ['a variable that is set to nothing, though it has a default', 'EMPTY', 'preset', ''],
    ['the default of one that is not', 'UNSET', 'preset', 'preset'],
    ['nothing of one that has none', 'UNSET', null, undefined],
    ['REMOTE_ADDR', 'REMOTE_ADDR', null, CLIENT.address],
    ['REMOTE_PORT', 'REMOTE_PORT', null, String(CLIENT.port)],
    ['SERVER_ADDR', 'SERVER_ADDR', null, CLIENT.localAddress],
    ['SERVER_NAME', 'SERVER_NAME', null, 'shop.example'],
    ['SERVER_PORT', 'SERVER_PORT', null, '8080'],
    ['REQUEST_SCHEME', 'REQUEST_SCHEME', null, 'http'],
    ['REMOTE_USER', 'REMOTE_USER', null, 'ann'],
    ['AUTH_TYPE', 'AUTH_TYPE', null, 'Basic'],
    ['a field', 'HTTP_HOST', null, 'shop.example:8080'],
    ['a field that came twice', 'HTTP_X_FOO', null, '1, 2'],
    ['cookies', 'HTTP_COOKIE', null, 'a=1; b=2'],
    ['no credentials', 'HTTP_AUTHORIZATION', null, undefined],
    ['no proxy', 'HTTP_PROXY', null, undefined],
    ['the method is no variable', 'REQUEST_METHOD', null, undefined],
    ['what is known counts more than a SetEnv', 'REMOTE_PORT', null, String(CLIENT.port)],
  ]
  for (const [rule, name, otherwise, is] of rows) {
    test(`${name}: ${rule}`, () => {
      const variables = { SET: 'value', EMPTY: '', REMOTE_PORT: '77' }
      const { named } = told({ attributes: [[name, otherwise]] }, variables, { fields, user: 'ann' })
      assert.equal(named.get(name), is)
    })
  }
  test('the name of a variable is text, and travels as UTF-8', () => {
    const { named } = told({ attributes: [['GRÖSSE', null]] }, { GRÖSSE: '9' })
    assert.equal(named.get(asBytes('GRÖSSE')), '9')
  })
  test('several come last, in their order', () => {
    const { named } = told({
      attributes: [
        ['B', '1'],
        ['A', '2'],
        ['C', '3'],
      ],
    })
    assert.deepEqual([...named.keys()], ['AJP_REMOTE_PORT', 'AJP_LOCAL_ADDR', 'JK_LB_ACTIVATION', 'B', 'A', 'C'])
  })
  test('a value that AJP cannot send fails the request, and the connection stays good', () => {
    const stage = AjpStage.connected()
    const { client } = stage.ask({ overrides: { told: { attributes: ['A', 'two\nlines'] } } })
    assert.equal(client.outcome, 'LB_REQUEST_UNFIT')
    assert.equal(stage.closed, 0)
    stage.ask()
    assert.equal(stage.socket.request().uri, '/')
  })
})
