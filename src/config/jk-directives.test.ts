/**
 * Each directive of mod_jk, each of its options and each variable by name, written by hand: what is written, and what the
 * balancer is then told (mod_jk.md 2.1 to 2.3). The tables of the program are asked only what there is, so that a name
 * without a row here, or without one in docs/reference, fails.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../test/kit/project-root.ts'
import type { BalancerOptions, VirtualHostOptions } from '../balancer/options.ts'
import { httpdDirectives } from './httpd-directives.ts'
import { jkNotes, jkOptions, jkVariables } from './jk-options.ts'
import { loadBalancerConfiguration } from './load.ts'
import { referencePages } from './reference.ts'
import { memoryFiles } from './testing/memory-files.ts'

const workers = ['JkWorkerProperty worker.list=a', 'JkWorkerProperty worker.a.type=ajp13']

async function load(lines: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const all = { '/etc/httpd.conf': `${lines.join('\n')}\n`, ...files }
  const { options, complaints } = await loadBalancerConfiguration('/etc/httpd.conf', { ...memoryFiles(all), env: {} })
  assert.ok(options !== undefined, JSON.stringify(complaints))
  const [host] = options.hosts
  return { options, host: host!, codes: complaints.map(({ code }) => code), complaints }
}

type Of = (loaded: { readonly options: BalancerOptions; readonly host: VirtualHostOptions }) => unknown

const telling: Of = ({ host }) => host.telling
const log: Of = ({ options }) => options.log
const files: Of = ({ host }) => host.files
const patterns: Of = ({ host }) => host.mounts.map(({ pattern, exclude }) => (exclude ? `!${pattern}` : pattern))
const nothing: Of = () => undefined

type Row = readonly [directive: string, written: readonly string[], of: Of, is: unknown, complaints?: readonly string[]]

const written: readonly Row[] = [
  ['JkWorkersFile', ['JkWorkersFile w'], ({ options }) => options.workerList, ['b']],
  ['JkWorkerProperty', workers, ({ options }) => options.workers, { a: { type: 'ajp13' } }],
  ['JkMount', [...workers, 'JkMount /x|/* a'], patterns, ['/x', '/x/*']],
  ['JkUnMount', [...workers, 'JkMount /* a', 'JkUnMount /s/* *'], patterns, ['/*', '!/s/*']],
  ['JkMountFile', [...workers, 'JkMountFile m'], ({ host }) => host.mountFile, { file: '/etc/m', reloadMs: 60_000 }],
  [
    'JkMountFileReload',
    [...workers, 'JkMountFile m', 'JkMountFileReload 5'],
    ({ host }) => host.mountFile?.reloadMs,
    5000,
  ],
  [
    'JkMountCopy',
    [...workers, 'JkMount /x a', '<VirtualHost *:80>', 'JkMountCopy On', '</VirtualHost>'],
    patterns,
    ['/x'],
  ],
  ['JkAutoAlias', [...workers, 'JkAutoAlias webapps'], files, { applications: '/etc/webapps' }],
  ['JkShmFile', [...workers, 'JkShmFile logs/shm'], nothing, undefined],
  ['JkShmSize', [...workers, 'JkShmSize 8192'], nothing, undefined],
  ['JkWatchdogInterval', [...workers, 'JkWatchdogInterval 60'], nothing, undefined],
  ['JkLogFile', [...workers, 'JkLogFile mod_jk.log'], log, { file: '/etc/mod_jk.log' }],
  ['JkLogLevel', [...workers, 'JkLogLevel Error'], log, { level: 'error' }],
  ['JkLogLevel', [...workers, 'JkLogLevel loud'], log, { level: 'info' }, ['CONFIG_DIRECTIVE_NO_EFFECT']],
  ['JkLogStampFormat', [...workers, 'JkLogFile l', 'JkLogStampFormat "%T "'], log, { file: '/etc/l', stamp: '%T ' }],
  [
    'JkRequestLogFormat',
    [...workers, 'JkLogFile l', 'JkLogStampFormat "%T "', 'JkRequestLogFormat "%w %T"'],
    ({ host }) => host.logs,
    [{ file: '/etc/l', format: '%{end:%T }t%w %T', of: 'jk' }],
  ],
  ['JkOptions', [...workers, 'JkOptions +DisableReuse'], telling, { closesConnections: true }],
  [
    'JkEnvVar',
    [...workers, 'JkEnvVar A', 'JkEnvVar B b', 'JkEnvVar C ""', 'JkEnvVar A a'],
    telling,
    { attributes: [...Object.entries({ A: 'a', B: 'b', C: null })] },
  ],
  [
    'JkStripSession',
    [...workers, 'DocumentRoot /www', 'JkStripSession On ;sid'],
    ({ host }) => host.files?.stripSession,
    ';sid',
  ],
  ['JkExtractSSL', [...workers, 'JkExtractSSL Off'], telling, { tlsVariables: false }, ['CONFIG_DIRECTIVE_LATER']],
]

const more: Readonly<Record<string, string>> = {
  '/etc/w': 'worker.list=b\nworker.b.type=ajp13\n',
  '/etc/m': '/y=a\n',
}

describe('directives of mod_jk, one by one', () => {
  for (const [directive, lines, of, is, complaints = []] of written) {
    test(`${directive}: ${lines.at(-1)}`, async () => {
      const loaded = await load(lines, more)
      assert.deepEqual(of(loaded), is)
      assert.deepEqual(loaded.codes, complaints)
    })
  }

  for (const { name, indicator, effect } of jkVariables) {
    if (indicator === undefined) continue
    test(`${indicator} gives ${name} another name, which a virtual host inherits`, async () => {
      const [given, read] = name.endsWith('*') ? ['MINE_0', name.replace('*', '0')] : ['MINE', name]
      const lines = [
        ...workers,
        `${indicator} ${given.replace('_0', '_')}`,
        `SetEnv ${given} x`,
        `SetEnv ${read} y`,
        'SetEnv HTTPS on',
        'JkEnvVar MINE',
        '<VirtualHost *:80>',
        '</VirtualHost>',
      ]
      const { host } = await load(lines)
      const sets = (host.env ?? []).flatMap((rule) => rule.sets)
      const values = sets.filter((set) => set[0] === read).map((set) => set[1])
      // What the balancer does not read keeps its name; of a name that is another's now nothing is left.
      assert.deepEqual(values, effect === 'acts' ? ['x'] : ['y'])
      assert.ok(sets.some((set) => set[0] === given && set[1] === 'x'))
    })
  }

  test('none is without a test', () => {
    const tested = new Set([...written.map(([name]) => name), ...jkVariables.map(({ indicator }) => indicator)])
    const known = httpdDirectives.filter(({ from }) => from === 'mod_jk').map(({ name }) => name)
    assert.deepEqual([...tested].filter((name) => name !== undefined).toSorted(), known.toSorted())
  })
})

describe('JkOptions, one by one', () => {
  const never = ['CONFIG_DIRECTIVE_NO_EFFECT']
  const rows: Readonly<Record<string, readonly [on: object, complaints?: readonly string[], off?: object]>> = {
    ForwardURIProxy: [{}],
    ForwardURICompat: [{}, never],
    ForwardURICompatUnparsed: [{}, never],
    ForwardURIEscaped: [{}],
    ForwardKeySize: [{}, [], { telling: { keySize: false } }],
    ForwardSSLCertChain: [{ telling: { certificateChain: true } }, ['CONFIG_DIRECTIVE_LATER']],
    ForwardDirectories: [{}],
    ForwardLocalAddress: [{ telling: { clientAddress: 'local' } }],
    ForwardPhysicalAddress: [{}],
    FlushPackets: [{}],
    FlushHeader: [{}],
    DisableReuse: [{ telling: { closesConnections: true } }],
    RejectUnsafeURI: [{ rejectUnsafePaths: true }],
    CollapseSlashesAll: [{}, never],
    CollapseSlashesNone: [{}, never],
    CollapseSlashesUnmount: [{}, never],
  }
  const of = ({ telling: told, rejectUnsafePaths }: VirtualHostOptions) => ({
    ...(told === undefined ? {} : { telling: told }),
    ...(rejectUnsafePaths === undefined ? {} : { rejectUnsafePaths }),
  })

  for (const [option, [on, complaints = [], off = {}]] of Object.entries(rows)) {
    for (const sign of ['', '+']) {
      test(`${sign}${option}`, async () => {
        const { host, codes } = await load([...workers, `JkOptions ${sign}${option.toUpperCase()}`])
        assert.deepEqual(of(host), on)
        assert.deepEqual(codes, complaints)
      })
    }
    if (!option.startsWith('ForwardURI'))
      test(`-${option}`, async () => {
        const { host, codes } = await load([...workers, `JkOptions -${option}`])
        assert.deepEqual(of(host), off)
        assert.deepEqual(codes, [])
      })
  }

  test('none is without a test', () =>
    assert.deepEqual(
      Object.keys(rows),
      jkOptions.map(({ name }) => name),
    ))

  const merged: readonly [rule: string, main: string, host: string, is: object][] = [
    ['a host inherits', '+DisableReuse', '', { telling: { closesConnections: true } }],
    ['a host switches off', '+DisableReuse', '-DisableReuse', {}],
    [
      'a host switches on what the main server has off',
      '-DisableReuse',
      'DisableReuse',
      { telling: { closesConnections: true } },
    ],
    ['off counts more than on within one server', '-DisableReuse +DisableReuse', '', {}],
    ['a host that says something else keeps the rest', 'RejectUnsafeURI', '+FlushHeader', { rejectUnsafePaths: true }],
    [
      'of two addresses the later counts',
      'ForwardPhysicalAddress ForwardLocalAddress',
      '',
      { telling: { clientAddress: 'local' } },
    ],
    ['also the other way round', 'ForwardLocalAddress ForwardPhysicalAddress', '', {}],
    ['and that of the host', 'ForwardLocalAddress', 'ForwardPhysicalAddress', {}],
  ]
  for (const [rule, main, host, is] of merged) {
    test(rule, async () => {
      const own = host === '' ? [] : [`JkOptions ${host}`]
      const lines = [...workers, `JkOptions ${main}`, '<VirtualHost *:80>', ...own, '</VirtualHost>']
      assert.deepEqual(of((await load(lines)).host), is)
    })
  }

  test('JkEnvVar of a host adds to those of the main server, and counts more', async () => {
    const lines = ['JkEnvVar A main', 'JkEnvVar B main', '<VirtualHost *:80>', 'JkEnvVar A host', 'JkEnvVar C']
    const { host } = await load([...workers, ...lines, '</VirtualHost>'])
    assert.deepEqual(host.telling?.attributes, [...Object.entries({ A: 'host', B: 'main', C: null })])
  })
})

describe('variables of mod_jk, one by one', () => {
  for (const { name } of jkVariables) {
    const variable = name.replace('*', '0')
    test(`a SetEnvIf of ${variable} reaches the balancer`, async () => {
      const tls = name.startsWith('SSL_') ? ['SetEnv HTTPS on'] : name === 'UNIQUE_ID' ? ['JkEnvVar UNIQUE_ID'] : []
      const { host, codes } = await load([...workers, ...tls, `SetEnvIf Request_URI "/x" ${variable}=v`])
      assert.ok(host.env?.some(({ sets }) => sets.some((set) => set[0] === variable && set[1] === 'v')))
      assert.deepEqual(codes, name === 'JK_IGNORE_CL' ? ['CONFIG_DIRECTIVE_NO_EFFECT'] : [])
    })
  }

  test('what nobody looks at is left out', async () => {
    assert.equal((await load([...workers, 'SetEnv FOO bar', 'SetEnv SSL_CIPHER x'])).host.env, undefined)
  })
  test('with JkExtractSSL Off, HTTPS is nothing to look at', async () => {
    assert.equal((await load([...workers, 'JkExtractSSL Off', 'SetEnv HTTPS on'])).host.env, undefined)
  })
})

describe('TLS that clowder does not end', () => {
  const lines = ['JkExtractSSL On', 'JkCIPHERIndicator C', 'JkOptions +ForwardSSLCertChain', 'JkEnvVar SSL_CLIENT_S_DN']
  test('is told once, with all that waits for it', async () => {
    const { complaints } = await load([...workers, ...lines])
    assert.equal(complaints.length, 1)
    const [{ message } = { message: '' }] = complaints
    for (const name of [
      'JkExtractSSL',
      'JkCIPHERIndicator',
      'JkOptions ForwardSSLCertChain',
      'JkEnvVar SSL_CLIENT_S_DN',
    ])
      assert.ok(message.includes(name), message)
  })
  test('is not told where a proxy in front ends it and says so', async () => {
    const told = 'SetEnvIf X-Forwarded-Proto "^https$" HTTPS=on'
    assert.deepEqual((await load([...workers, ...lines, told])).codes, [])
  })
})

describe('the log of what happens', () => {
  const rows: readonly [rule: string, lines: readonly string[], is: object | undefined][] = [
    ['goes to ErrorLog where there is no JkLogFile', ['ErrorLog e'], { file: '/etc/e' }],
    ['goes to JkLogFile where there are both', ['ErrorLog e', 'JkLogFile j'], { file: '/etc/j' }],
    [
      'is that of the first host where the main server has none',
      ['<VirtualHost *:80>', 'ErrorLog h', '</VirtualHost>'],
      { file: '/etc/h' },
    ],
    [
      'is that of the main server where it has one',
      ['ErrorLog e', '<VirtualHost *:80>', 'ErrorLog h', '</VirtualHost>'],
      { file: '/etc/e' },
    ],
    [
      'is nowhere else where it would be standard error',
      ['ErrorLog /dev/stderr', 'JkLogLevel warn'],
      { level: 'warn' },
    ],
    ['has no file where nothing is said', [], undefined],
    [
      'has the level of httpd where it is its ErrorLog',
      ['ErrorLog e', 'LogLevel jk:trace2 notice'],
      { file: '/etc/e', level: 'info' },
    ],
    [
      'has its own level before that of httpd',
      ['ErrorLog e', 'LogLevel crit', 'JkLogLevel debug'],
      { file: '/etc/e', level: 'debug' },
    ],
    [
      'has nothing of the level of httpd where it is a log of its own',
      ['JkLogFile l', 'ErrorLog e', 'LogLevel crit'],
      { file: '/etc/l' },
    ],
  ]
  for (const [rule, lines, is] of rows)
    test(rule, async () => assert.deepEqual((await load([...workers, ...lines])).options.log, is))
})

describe('the reference', () => {
  const page = referencePages()['httpd-directives.md']!
  const names = [
    ...httpdDirectives.map(({ name }) => name),
    ...jkOptions.map(({ name }) => name),
    ...jkVariables.map(({ name }) => name),
    ...Object.keys(jkNotes),
  ]
  for (const name of names)
    test(`has a row for ${name}`, () => assert.ok(page.includes(`| \`${name}\` |`) || page.includes(`| ${name} |`)))

  const spec = join(projectRoot(), '../shared/spec/mod_jk.md')
  const skip = existsSync(spec) ? false : '../shared/spec/mod_jk.md is not there'
  test('and for every name of the specification', { skip }, () => {
    const text = readFileSync(spec, 'utf8')
    const part = text.slice(text.indexOf('\n## 2.1 '), text.indexOf('\n## 2.4 '))
    const found = part
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!))
    assert.ok(found.length > 60)
    const known = new Set([...names, 'SSL_'])
    assert.deepEqual(
      found.filter((name) => !known.has(name)),
      [],
    )
  })
})
