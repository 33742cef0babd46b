/** What an answer is besides what mod_jk's are (`golden.test.ts`): what is hidden, links, refusals, changes, hostile names. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import type { Edit, Editor } from '../balancer/edit-types.ts'
import type { StatusAnswer } from '../balancer/serve-status.ts'
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import { ModJk } from '../balancer/testing/mod-jk-snapshot.ts'
import { answerStatus, type StatusSource } from './answer-status.ts'
import { resolveOptions, type StatusOptions } from './options.ts'
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

  it('a dump without a configuration that was written down fails', () => {
    assert.equal(answered('cmd=dump&mime=txt', {}), 'Result: type=ERROR message="Dumping configuration failed"\n')
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

// ---- changes -------------------------------------------------------------------------------------------------------

interface Asked {
  readonly answer: StatusAnswer
  readonly edits: readonly Edit[]
  readonly by: Editor | undefined
  /** Names that were looked up. */
  readonly names: readonly string[]
}

async function change(
  query: string,
  request: Parameters<typeof statusRequest>[0] = {},
  options: StatusOptions = OPTIONS,
): Promise<Asked> {
  const live = new ModJk()
  const edits: Edit[] = []
  const names: string[] = []
  let by: Editor | undefined
  const source: StatusSource = {
    snapshot: () => live.snapshot(),
    edit(asked, editor) {
      edits.push(...asked)
      by = editor
      return live.edit(asked)
    },
    async canResolve(name) {
      names.push(name)
      return !name.endsWith('.invalid')
    },
  }
  const answer = await answerStatus(statusRequest({ query: `${query}&mime=txt`, ...request }), source, options)
  return { answer, edits, by, names }
}

const OK = 'Result: type=OK message="Action finished"\n'
const failed = (why: string): string => `Result: type=ERROR message="Update failed (at least partially): ${why}"\n`

const lb = (set: object): Edit[] => [{ type: 'update-lb', lb: 'loadbalancer', set }]
const member = (set: object, name = 'node1'): Edit => ({ type: 'update-member', lb: 'loadbalancer', member: name, set })

const UPDATES: readonly [rule: string, query: string, expected: readonly Edit[]][] = [
  [
    'numbers of an lb, seconds where mod_jk has them',
    'vlr=3&vlri=50&vlt=45&vlee=0&vlx=0',
    lb({ retries: 3, retryIntervalMs: 50, recoverTimeMs: 45_000, errorEscalationTimeMs: 0, maxReplyTimeouts: 0 }),
  ],
  ['numbers below what is taken are ignored', 'vlr=0&vlri=0&vlt=0&vlee=-1&vlx=-1', lb({})],
  ['what is no number is ignored', 'vlr=abc&vlt=&vlx=1.5&vlri=1e3', lb({})],
  ['flags', 'vls=0&vlf=on', lb({ stickySession: false, stickySessionForce: true })],
  ['flags by their first letter', 'vls=No&vlf=Yes', lb({ stickySession: false, stickySessionForce: true })],
  ['what is no flag is ignored', 'vls=abc&vlf=', lb({})],
  ['a method by its letter', 'vlm=B', lb({ method: 'busyness' })],
  ['a method by its digit, a lock by its letter', 'vlm=4&vll=p', lb({ method: 'next', lock: 'pessimistic' })],
  ['parameters of members say nothing to an lb', 'vwf=3', lb({})],
  [
    'all of a member',
    'sw=node1&vwa=d&vwf=4&vwn=r&vwr=&vwc=west&vwd=2',
    [member({ activation: 'disabled', lbfactor: 4, route: 'r', redirect: '', domain: 'west', distance: 2 })],
  ],
  [
    'all of its connections',
    'sw=node1&vahst=127.0.0.9&vaprt=0&vacpt=600&vapng=1&vact=2&vapt=3&vart=4&var=5&vari=6&vacpi=7&varo=8&vabl=9&vamps=9000',
    [
      member({
        host: '127.0.0.9',
        port: 0,
        connectionPoolTimeoutMs: 600_000,
        pingTimeoutMs: 1,
        connectTimeoutMs: 2,
        prepostTimeoutMs: 3,
        replyTimeoutMs: 4,
        retries: 5,
        retryIntervalMs: 6,
        connectionPingIntervalMs: 7_000,
        recoveryOptions: 8,
        busyLimit: 9,
        maxPacketSize: 9_000,
      }),
    ],
  ],
  ['below what is taken', 'sw=node1&vwf=0&vwd=-1&var=0&vari=0&vacpi=0&vaprt=-1', [member({})]],
  ['activations by letter and digit', 'sw=node1&vwa=2', [member({ activation: 'stopped' })]],
  [
    'several members by a wildcard',
    'sw=node*&vwa=Active',
    [
      member({ activation: 'active' }),
      member({ activation: 'active' }, 'node2'),
      member({ activation: 'active' }, 'node3'),
    ],
  ],
  ['by pieces of their names', 'sw=n*d*2*&vwd=1', [member({ distance: 1 }, 'node2')]],
  [
    'one attribute of all members, by their place',
    'att=vwf&val0=3&val2=1',
    [member({ lbfactor: 3 }), member({ lbfactor: 1 }, 'node3')],
  ],
  ['an attribute that a list cannot change', 'att=vahst&val0=127.0.0.9', []],
  ['an attribute that does not exist', 'att=vxx&val0=3', []],
  ['a member is meant where both are given', 'sw=node2&att=vwf&val0=3&vwf=5', [member({ lbfactor: 5 }, 'node2')]],
]

describe('what an update asks for', () => {
  for (const [rule, query, expected] of UPDATES)
    it(rule, async () => {
      const { edits, answer } = await change(`cmd=update&w=loadbalancer&${query}`)
      assert.deepEqual(edits, expected)
      assert.equal(answer.body, OK)
    })

  it('a worker that stands alone has connections and nothing else', async () => {
    const { edits } = await change('cmd=update&w=plain&vart=4000&vwf=3&vlr=9')
    assert.deepEqual(edits, [{ type: 'update-worker', worker: 'plain', set: { replyTimeoutMs: 4_000 } }])
  })

  it('who asked is told', async () => {
    const { by } = await change('cmd=reset&w=plain', { remoteAddress: '192.0.2.7', user: 'ann' })
    assert.deepEqual(by, { address: '192.0.2.7', user: 'ann' })
  })
})

const UNRESOLVED = 'unresolvable'

/** Refused before or by the balancer; `audit`: what the page tells the audit, where the balancer has not been asked. */
const REFUSED: readonly [rule: string, query: string, body: string, audit?: string][] = [
  [
    'an activation that does not exist',
    'cmd=update&w=loadbalancer&sw=node1&vwa=x',
    failed("unknown activation 'x' for sub worker 'node1'."),
  ],
  [
    'an empty activation',
    'cmd=update&w=loadbalancer&sw=node1&vwa=',
    failed("unknown activation '' for sub worker 'node1'."),
  ],
  [
    'a method that does not exist',
    'cmd=update&w=loadbalancer&vlm=x',
    failed("unknown method 'x' for worker 'loadbalancer'."),
  ],
  [
    'a lock that does not exist',
    'cmd=update&w=loadbalancer&vll=',
    failed("unknown lock '' for worker 'loadbalancer'."),
  ],
  [
    'a weight that no start would take',
    'cmd=update&w=loadbalancer&sw=node1&vwf=1000001',
    failed("lbfactor '1000001' out of range for sub worker 'node1'."),
  ],
  [
    'the route of another member',
    'cmd=update&w=loadbalancer&sw=node1&vwn=tc2',
    failed("route 'tc2' of sub worker 'node1' belongs to another sub worker."),
  ],
  [
    'a member without a route',
    'cmd=update&w=loadbalancer&sw=node1&vwn=',
    failed("empty route for sub worker 'node1'."),
  ],
  [
    'one route for all',
    'cmd=update&w=loadbalancer&sw=node*&vwn=r',
    failed("route 'r' of sub worker 'node1' belongs to another sub worker."),
  ],
  [
    'a name without an address, with the port that is asked for',
    'cmd=update&w=loadbalancer&sw=node1&vahst=x.invalid&vaprt=99',
    failed("could not resolve address 'x.invalid:99' for sub worker 'node1'."),
    UNRESOLVED,
  ],
  [
    'the same of a worker that stands alone',
    'cmd=update&w=plain&vahst=x.invalid',
    failed("could not resolve address 'x.invalid:8109' for worker 'plain'."),
    UNRESOLVED,
  ],
  [
    'what nobody should look up',
    'cmd=update&w=plain&vahst=a%20b',
    failed("could not resolve address 'a b:8109' for worker 'plain'."),
  ],
  [
    'a pattern whose end its beginning has taken already',
    'cmd=update&w=loadbalancer&sw=node1*1&vwd=1',
    'Result: type=ERROR message="could not find sub worker"\n',
    'could not find sub worker',
  ],
  ['changes of a status worker', 'cmd=reset&w=jkstatus', 'Result: type=ERROR message="Reset failed"\n', 'Reset failed'],
  [
    'in read only mode',
    'cmd=update&w=loadbalancer&sw=node1&vwf=2&opt=32',
    'Result: type=ERROR message="This command is not allowed in read only mode."\n',
    'This command is not allowed in read only mode.',
  ],
]

describe('what is refused', () => {
  for (const [rule, query, body, audit] of REFUSED)
    it(rule, async () => {
      const { answer } = await change(query)
      assert.equal(answer.body, body)
      const { refusedEdit } = answer
      assert.equal(typeof refusedEdit === 'object' ? refusedEdit.reason : refusedEdit, audit)
    })

  it('a form that may not be seen is no change', async () => {
    const { answer } = await change('cmd=edit&w=plain&opt=32')
    assert.equal(answer.refusedEdit, undefined)
  })

  it('names that were there before and addresses are not looked up; the others once', async () => {
    assert.deepEqual((await change('cmd=update&w=loadbalancer&sw=node1&vahst=127.0.0.11')).names, [])
    assert.deepEqual((await change('cmd=update&w=loadbalancer&sw=node1&vahst=[::1]')).names, [])
    assert.deepEqual((await change('cmd=update&w=loadbalancer&sw=node*&vahst=backend')).names, ['backend'])
  })
})

describe('who may', () => {
  const listed = resolveOptions({ users: ['admin', 'Ann'] })
  const anyCase = resolveOptions({ users: ['admin', 'Ann'], usersIgnoreCase: true })
  const rows: readonly [rule: string, user: string | undefined, options: StatusOptions, may: boolean][] = [
    ['everyone, where nobody is listed', undefined, OPTIONS, true],
    ['who is listed', 'admin', listed, true],
    ['nobody else', 'bob', listed, false],
    ['nobody without a name', undefined, listed, false],
    ['nobody in another case', 'ann', listed, false],
    ['in any case, where that is said', 'ann', anyCase, true],
  ]
  for (const [rule, user, options, may] of rows)
    it(rule, async () => {
      const { answer } = await change('cmd=reset&w=plain', user === undefined ? {} : { user }, options)
      assert.equal(answer.body, may ? OK : 'Result: type=ERROR message="Access denied."\n')
      assert.equal(answer.refusedEdit, may ? undefined : 'Access denied.')
    })
})

describe('pages of other sites', () => {
  const host = 'jk.example:8080'
  const rows: readonly [rule: string, fields: Readonly<Record<string, string>>, may: boolean][] = [
    ['a script says nothing', {}, true],
    ['the page itself', { 'sec-fetch-site': 'same-origin' }, true],
    ['a bookmark', { 'sec-fetch-site': 'none' }, true],
    ['another site', { 'sec-fetch-site': 'cross-site' }, false],
    ['a neighbour of the same site', { 'sec-fetch-site': 'same-site' }, false],
    ['a browser that only says the origin: our own', { origin: 'http://jk.example:8080' }, true],
    ['a browser that only says the origin: another', { origin: 'http://evil.example' }, false],
    ['another port is another origin', { origin: 'http://jk.example' }, false],
    ['an origin that is nobody', { origin: 'null' }, false],
    ['a browser that only says the page: our own', { referer: 'http://jk.example:8080/jkstatus?cmd=list' }, true],
    ['a browser that only says the page: another', { referer: 'http://evil.example/jkstatus' }, false],
    [
      'a page that was fetched before anybody asked',
      { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-site': 'none' },
      false,
    ],
    ['the same of older browsers', { purpose: 'prefetch' }, false],
  ]
  for (const [rule, fields, may] of rows)
    it(`${rule}: ${may ? 'may' : 'may not'}`, async () => {
      const { answer, edits } = await change('cmd=reset&w=plain', { host, fields })
      assert.equal(edits.length, may ? 1 : 0)
      assert.equal(answer.body.startsWith('Result: type=OK'), may)
      assert.equal(answer.refusedEdit !== undefined, !may)
    })

  it('may look', async () => {
    const { answer } = await change('cmd=version', { fields: { 'sec-fetch-site': 'cross-site' } })
    holds(answer.body, /type=OK/)
  })
})

describe('back from a change', () => {
  const refresh = async (query: string): Promise<string | undefined> => {
    const { answer } = await change(query, { query })
    return /http-equiv="refresh" content="3;url=([^"]*)"/.exec(answer.body)?.[1]?.replaceAll('&amp;', '&')
  }
  it('to the list, if nothing is said', async () => {
    assert.equal(await refresh('cmd=reset&w=reports&sw=rep1'), '/jkstatus?cmd=list&w=reports&mime=html')
  })
  it('to the view it came from', async () => {
    assert.equal(
      await refresh('cmd=reset&from=show&w=reports&sw=rep1&psw=rep2&opt=2'),
      '/jkstatus?cmd=show&w=reports&sw=rep2&mime=html&opt=2',
    )
  })
})
