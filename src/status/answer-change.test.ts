/** Changes through a status page: what is asked of the balancer, what is refused and why, who may, and where one gets back to. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Edit, Editor } from '../balancer/edit-types.ts'
import type { StatusAnswer } from '../balancer/serve-status.ts'
import { ModJk } from '../balancer/testing/mod-jk-snapshot.ts'
import { answerStatus, type StatusSource } from './answer-status.ts'
import { resolveOptions, type StatusOptions } from './options.ts'
import { statusRequest } from './testing/status-request.ts'

const OPTIONS = resolveOptions({})

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
    'vlr=3&vlri=50&vlt=45&vlee=1&vlx=0',
    lb({ retries: 3, retryIntervalMs: 50, recoverTimeMs: 45_000, errorEscalationTimeMs: 1_000, maxReplyTimeouts: 0 }),
  ],
  ['numbers below what is taken are ignored', 'vlr=0&vlri=0&vlt=0&vlee=0&vlx=-1', lb({})],
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
  ['the least packet, which is rounded up', 'sw=node1&vamps=7169', [member({ maxPacketSize: 7_169 })]],
  ['the largest packet', 'sw=node1&vamps=65536', [member({ maxPacketSize: 65_536 })]],
  ['a packet below 8 KiB, rounded up', 'sw=node1&vamps=7168', [member({})]],
  ['a packet above 64 KiB', 'sw=node1&vamps=65537', [member({})]],
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
    assert.match(answer.body, /type=OK/)
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
