/** What an answer is besides what mod_jk's are (`golden.test.ts`): what is hidden, links, hostile names, formats of one's own. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import type { StatusAnswer } from '../balancer/serve-status.ts'
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import { answerStatus } from './answer-status.ts'
import { resolveOptions } from './options.ts'
import { textOf } from './testing/html-facts.ts'
import { savedSnapshot } from './testing/saved-snapshot.ts'
import { statusRequest } from './testing/status-request.ts'

const SNAPSHOT = savedSnapshot()
const OPTIONS = resolveOptions({ webServer: 'Apache/2.4.71 (Debian) mod_jk/1.2.48', css: '/jkstatus.css' })

function ask(query: string, more: { path?: string; host?: string; snapshot?: BalancerSnapshot } = {}): StatusAnswer {
  const { snapshot = SNAPSHOT, ...request } = more
  const source = { snapshot: () => snapshot, edit: () => assert.fail(), canResolve: () => assert.fail() }
  const answer = answerStatus(statusRequest({ query, ...request }), source, OPTIONS)
  return answer instanceof Promise ? assert.fail('answered later') : answer
}

/** Of a failed test the rule is told, not the page. */
function holds(text: string, what: RegExp): void {
  assert.ok(what.test(text), `does not hold ${what}`)
}
function lacks(text: string, what: RegExp): void {
  assert.ok(!what.test(text), `holds ${what}`)
}

/** `rest` hides what would show the same elsewhere. */
const HIDDEN: readonly [block: string, bit: number, rest: number, sign: RegExp][] = [
  ['Balancer Members', 0x0001, 0x0010, /Balancer Members \[Hide\]/],
  ['URI Mappings', 0x0002, 0, /URI Mappings for \w+/],
  ['Legend', 0x0004, 0, /Legend \[Hide\]/],
  ['Load Balancing Workers', 0x0008, 0, /Worker Status for loadbalancer/],
  ['AJP Workers', 0x0010, 0, /Worker Status for plain/],
  ['LB Configuration', 0x0040, 0, /Recover Wait Time/],
  ['LB Summary', 0x0080, 0, /Bad\/Stopped/],
  ['AJP Configuration', 0x0100, 0, /Hostname/],
]

describe('what is hidden and how the page links to itself', () => {
  for (const [block, bit, rest, sign] of HIDDEN)
    it(`opt=${bit} hides ${block} and offers to show it`, () => {
      holds(textOf(ask(`opt=${rest}`).body), sign)
      const hidden = textOf(ask(`opt=${bit | rest}`).body)
      lacks(hidden, sign)
      holds(hidden, new RegExp(`Show ${block}`))
    })

  const linksOf = (query: string, path?: string): string[] =>
    [...ask(query, { ...(path !== undefined && { path }) }).body.matchAll(/(?:href|content)="([^"]*\?[^"]*)"/g)].map(
      (match) => match[1]!,
    )

  it('links keep what is hidden and how often the page reloads', () => {
    const links = linksOf('opt=2&re=30')
    assert.ok(
      links.includes('/jkstatus?cmd=show&amp;w=loadbalancer&amp;sw=node1&amp;re=30&amp;mime=html&amp;opt=2'),
      links.join('\n'),
    )
  })

  it('re reloads the page, and can be stopped', () => {
    const { body } = ask('cmd=show&w=plain&re=10')
    assert.match(
      body,
      /<meta http-equiv="refresh" content="10;url=\/jkstatus\?cmd=show&amp;w=plain&amp;re=10&amp;mime=html"\/>/,
    )
    holds(body, /<a href="\/jkstatus\?cmd=show&amp;w=plain&amp;mime=html">Stop auto refresh<\/a>/)
    lacks(body, /Start auto refresh/)
  })

  const noRefresh = ['', 're=0', 're=-1', 're=x', 're=1e9', 're=']
  for (const query of noRefresh) it(`"${query}" does not reload`, () => lacks(ask(query).body, /http-equiv="refresh"/))

  it('a status worker can be looked at again and again', () => {
    holds(ask('cmd=show&w=jkstatus&re=5').body, /url=\/jkstatus\?cmd=show&amp;w=jkstatus&amp;re=5/)
  })

  it('the server is named as the client called it', () => {
    holds(ask('mime=txt', { host: 'jk.example:8443' }).body, /^Server: name=jk\.example port=8443\n/)
    holds(ask('mime=txt', { host: '[::1]:8080' }).body, /^Server: name=\[::1\] port=8080\n/)
  })
})

// ---- hostile input -------------------------------------------------------------------------------------------------

const EVIL = `<script>alert("1")</script>&'\n\0Result: type=OK`

/** Every text of the snapshot becomes a hostile one. */
function poisoned<Value>(value: Value, poison = EVIL): Value {
  const kept = new Set(['kind', 'state', 'activation', 'method', 'lock', 'type', 'source'])
  const walk = (each: unknown, key: string): unknown => {
    if (typeof each === 'string') return kept.has(key) ? each : poison
    if (Array.isArray(each)) return each.map((item) => walk(item, key))
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([name, part]) => [name, walk(part, name)]))
  }
  return walk(value, '') as Value
}

/** What a query can name: `< > ? "` are masked there, and NUL cannot be asked for at all. */
const NASTY = "a&b;c='d'%e f\n&amp;"

describe('whatever names hold', () => {
  const snapshot = poisoned(SNAPSHOT)
  const queries = [
    '',
    're=5&opt=3',
    'cmd=version',
    'cmd=show&w=x',
    `cmd=show&w=${encodeURIComponent(EVIL)}`,
    'cmd=<b>',
    'cmd=dump',
    'mime=<b>',
  ]

  for (const query of queries)
    it(`the page stays well-formed and holds no foreign element: ${query}`, () => {
      const { body } = ask(query, { snapshot, path: '/a"><b>', host: '"><script>:80' })
      if (ask(query, { snapshot }).headers['Content-Type'] === 'text/plain') return lacks(body, /<b>/)
      parseXml(body)
      lacks(body, /<script|<b>[^R]/)
    })

  const name = encodeURIComponent(NASTY)
  for (const query of [`w=${name}`, `w=${name}&att=vwn`, `w=${name}&sw=${name}`])
    it(`forms stay well-formed, and submit what they were given: ${query}`, () => {
      const { body } = ask(`cmd=edit&${query}`, { snapshot: poisoned(SNAPSHOT, NASTY) })
      parseXml(body)
      holds(body, /<button>Update/)
      holds(body, /<input type="hidden" name="w" value="a&amp;b;c=&#39;d&#39;%e f\n&amp;amp;"\/>/)
    })

  it('a name writes no line of its own into the text', () => {
    const lines = ask('mime=txt', { snapshot }).body.split('\n')
    assert.deepEqual(
      lines.filter((line) => line.startsWith('Result')),
      ['Result: type=OK message="Action finished"'],
    )
    assert.equal(lines.length, ask('mime=txt').body.split('\n').length)
  })

  it('a name writes no line of its own into the properties', () => {
    const lines = ask('mime=prop', { snapshot }).body.split('\n')
    assert.equal(lines.length, ask('mime=prop').body.split('\n').length)
    assert.equal(lines.at(-2), 'worker.result.message=Action finished')
  })

  it('XML stays XML', () => {
    const document = parseXml(ask('mime=xml', { snapshot }).body)
    const element = document.root!.children.find((child) => 'name' in child && child.name === 'jk:server')
    assert.ok(element !== undefined)
    lacks(ask('mime=xml', { snapshot }).body, /<script/)
  })

  it('the page may load nothing and be put into nothing', () => {
    const { headers } = ask('')
    assert.match(headers['Content-Security-Policy']!, /default-src 'none'/)
    assert.match(headers['Content-Security-Policy']!, /frame-ancestors 'none'/)
    assert.equal(headers['X-Content-Type-Options'], 'nosniff')
  })
})

// ---- formats -------------------------------------------------------------------------------------------------------

describe('forms', () => {
  it('flags are a choice of two, so that a form can switch them off', () => {
    const { body } = ask('cmd=edit&w=loadbalancer')
    for (const flag of ['vls', 'vlf']) {
      const choices = body.matchAll(new RegExp(`<input name="${flag}" type="radio" value="(\\d)"`, 'g'))
      assert.deepEqual(
        Array.from(choices, ([, value]) => value),
        ['0', '1'],
      )
    }
    lacks(body, /type="checkbox"/)
  })
})

describe('names of the operator', () => {
  const answered = (query: string, options: Partial<Parameters<typeof resolveOptions>[0]>): string => {
    const source = { snapshot: () => SNAPSHOT, edit: () => assert.fail(), canResolve: () => assert.fail() }
    return (answerStatus(statusRequest({ query }), source, resolveOptions(options)) as StatusAnswer).body
  }

  it('XML with another prefix and a doctype', () => {
    const body = answered('cmd=version&mime=xml', { ns: 'x:', xmlns: 'xmlns:x="urn:x"', doctype: '<!DOCTYPE status>' })
    holds(
      body,
      /^<\?xml version="1\.0" encoding="UTF-8" \?>\n<!DOCTYPE status>\n<x:status\n {2}xmlns:x="urn:x">\n<x:server\n/,
    )
    holds(body, /\n<\/x:status>\n$/)
  })

  it('XML without prefix and namespace', () => {
    const body = answered('cmd=version&mime=xml', { ns: '-', xmlns: '-' })
    holds(body, /\?>\n<status\n>\n<server\n {2}name=/)
    lacks(body, /jk:|xmlns/)
  })

  it('properties with another prefix, also where they end', () => {
    const lines = answered('cmd=show&w=plain&mime=prop', { prefix: 'p' }).trim().split('\n')
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('p.')),
      [],
    )
    assert.equal(
      answered('cmd=x&mime=prop', { prefix: 'p' }),
      'p.result.type=ERROR\np.result.message=Invalid command.\n',
    )
  })

  it('a dump of nothing is empty, and no error', () => {
    holds(answered('cmd=dump&mime=txt', {}), /\nConfiguration:\nResult: type=OK message="Action finished"\n$/)
    holds(answered('cmd=dump&mime=xml', {}), /\n {2}<jk:configuration\n {2}\/>\n {2}<jk:result\n/)
    holds(answered('cmd=dump&mime=prop', {}), /\nworker\.jk_version=[^\n]*\nworker\.result\.type=OK\n/)
    parseXml(answered('cmd=dump', {}))
  })

  it('a dump leaves out of XML what is no name there, or was one already', () => {
    const properties = [
      ['a.b', '1'],
      ['1a', '2'],
      ['c d', '3'],
      ['a.b', '4'],
      ['e="x" f', '5'],
    ] as const
    const body = answered('cmd=dump&mime=xml', { properties })
    holds(body, /<jk:configuration\n {4}a\.b="4"\n {2}\/>/)
    parseXml(body)
  })
})
