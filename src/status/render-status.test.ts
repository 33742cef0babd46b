import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import { resolveOptions } from './options.ts'
import { renderStatus, type StatusAnswer } from './render-status.ts'
import { savedSnapshot } from './testing/saved-snapshot.ts'

const SNAPSHOT = savedSnapshot()
const OPTIONS = resolveOptions({ webServer: 'Apache/2.4.71 (Debian) mod_jk/1.2.48', css: '/jkstatus.css' })

function ask(query: string, more: { path?: string; host?: string; snapshot?: BalancerSnapshot } = {}): StatusAnswer {
  const { path = '/jkstatus', host = 'www.example.com', snapshot = SNAPSHOT } = more
  return renderStatus({ path, query, host, encrypted: false }, snapshot, OPTIONS)
}

function saved(file: string): { headers: ReadonlyMap<string, string>; body: string } {
  const text = readFileSync(new URL(`./fixtures/${file}.get.http`, import.meta.url), 'utf8')
  const end = text.indexOf('\r\n\r\n')
  const fields = text.slice(0, end).split('\r\n').slice(1)
  const headers = new Map(
    fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 2)]),
  )
  return { headers, body: text.slice(end + 4) }
}

/** File of the saved answer, and the query it answers. */
const TEXT: readonly [file: string, query: string][] = [
  ['list.txt', 'cmd=list&mime=txt'],
  ['list.txt', 'mime=txt'],
  ['list.txt', 'cmd=list&re=10&mime=txt'],
  ['list.txt', 'cmd=list&opt=452&mime=txt'],
  ['list.opt-hide-ajp.txt', 'cmd=list&opt=16&mime=txt'],
  ['list.opt-hide-lb.txt', 'cmd=list&opt=8&mime=txt'],
  ['list.opt-hide-maps.txt', 'cmd=list&opt=2&mime=txt'],
  ['list.opt-hide-members.txt', 'cmd=list&opt=1&mime=txt'],
  ['show-lb2.txt', 'cmd=show&w=reports&mime=txt'],
  ['show-member.txt', 'cmd=show&w=loadbalancer&sw=node1&mime=txt'],
  ['show-plain.txt', 'cmd=show&w=plain&mime=txt'],
  ['version.txt', 'cmd=version&mime=txt'],
  ['error-status-worker.txt', 'cmd=show&w=jkstatus&mime=txt'],
  ['error-unknown-cmd.txt', 'cmd=frobnicate&mime=txt'],
  ['error-no-worker.txt', 'cmd=show&mime=txt'],
  ['error-empty-worker.txt', 'cmd=show&w=&mime=txt'],
  ['error-unknown-worker.txt', 'cmd=show&w=nosuch&mime=txt'],
  ['error-unknown-member.txt', 'cmd=show&w=loadbalancer&sw=nosuch&mime=txt'],
  ['error-empty-member.txt', 'cmd=show&w=loadbalancer&sw=&mime=txt'],
  ['error-member-of-plain.txt', 'cmd=show&w=plain&sw=node1&mime=txt'],
  ['error-masked-characters.txt', 'cmd=show&w=<b>%3Ci%3E%22?&mime=txt'],
  ['error-bad-escape-mime-first.txt', 'mime=txt&cmd=show&w=%zz'],
  ['error-nul-mime-first.txt', 'mime=txt&cmd=show&w=%00'],
  ['error-unknown-mime', 'cmd=list&mime=json'],
  ['error-unknown-mime-version', 'cmd=version&mime=json'],
  ['denied-readonly-update.txt', 'cmd=update&w=loadbalancer&sw=node1&vwf=7&mime=txt'],
  ['denied-readonly-edit.txt', 'cmd=edit&w=loadbalancer&sw=node1&mime=txt'],
  ['denied-readonly-reset.txt', 'cmd=reset&w=loadbalancer&sw=node1&mime=txt'],
  ['denied-readonly-recover.txt', 'cmd=recover&w=loadbalancer&sw=node1&mime=txt'],
]

describe('text, byte for byte what mod_jk answers', () => {
  for (const [file, query] of TEXT)
    it(`${query}`, () => {
      const { headers, body } = saved(file)
      const answer = ask(query)
      assert.equal(answer.body, body)
      assert.equal(answer.status, 200)
      for (const name of ['Content-Type', 'Cache-Control', 'Pragma'])
        assert.equal(answer.headers[name], headers.get(name))
    })
})

describe('formats to come', () => {
  for (const mime of ['xml', 'prop'])
    it(`${mime} is answered like a format that mod_jk does not know`, () => {
      assert.equal(ask(`cmd=list&mime=${mime}`).body, saved('error-unknown-mime').body)
    })

  it('dump says that it failed', () => {
    assert.equal(ask('cmd=dump&mime=txt').body, 'Result: type=ERROR message="Dumping configuration failed"\n')
  })
})

// ---- HTML ----------------------------------------------------------------------------------------------------------

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' }

function textOf(markup: string): string {
  return markup
    .replace(/<br ?\/?>/g, ' ')
    .replace(/<[^>]*>/g, '')
    .replace(/&(#?\w+);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/\s+/g, ' ')
    .trim()
}

/** Tables as rows of texts. Cells that only hold links to hide or change something are left out. */
function tablesOf(page: string): string[][][] {
  const inside = (text: string, tag: string) =>
    [...text.matchAll(new RegExp(`<(${tag})(?: [^>]*)?>(.*?)</\\1>`, 'gs'))].map((match) => match[2]!)
  return inside(page, 'table').map((table) =>
    inside(table, 'tr').map((row) => {
      const cells = inside(row, 'td|th').map(textOf)
      if (/^\[[^\]]*\]$/.test(cells[0]!) || (cells[0] === '' && cells[1] === 'Name')) cells.shift()
      if (cells.at(-1) === '[Hide]') cells.pop()
      return cells
    }),
  )
}

/** Of mod_jk's tables those that hold facts, without the empty cells below its links to hide. */
function factsOf(page: string): string[][][] {
  return tablesOf(page)
    .filter(([head]) => head !== undefined && head.length > 5)
    .map(([head, ...rows]) => [head!, ...rows.map((row) => row.slice(0, head!.length))])
}

const PAGES: readonly [file: string, query: string][] = [
  ['list.readonly.html', ''],
  ['list.readonly.html', 'cmd=list&mime=html'],
  ['show-member.html', 'cmd=show&w=loadbalancer&sw=node1'],
  ['show-plain.html', 'cmd=show&w=plain'],
]

describe('the page shows what the page of mod_jk shows', () => {
  for (const [file, query] of PAGES)
    it(query === '' ? 'without a query' : query, () => {
      const expected = factsOf(saved(file).body)
      assert.ok(expected.length >= 3)
      // mod_jk forgets one cell of a worker that stands alone (mod_jk.md 7.10).
      for (const table of expected) {
        const [head, row] = table
        if (head![0] === 'Type' && head!.at(-1) === 'Max Packet Size') row![11] = '8192'
      }
      assert.deepEqual(factsOf(ask(query).body), expected)
    })

  it('headings and result texts are those of mod_jk', () => {
    const { body } = ask('')
    const texts = [...body.matchAll(/<h[123](?: [^>]*)?>(.*?)<\/h[123]>/gs)].map((match) => textOf(match[1]!))
    assert.deepEqual(texts, [
      'JK Status Manager for www.example.com:80 (read only)',
      'Listing Load Balancing Workers (2 Workers) [Hide]',
      'Worker Status for loadbalancer',
      'Worker Status for reports',
      'Listing AJP Worker (1 Worker) [Hide]',
      'Worker Status for plain',
      'Legend [Hide]',
    ])
    const refused = ask('cmd=update&w=loadbalancer&vlr=3')
    assert.match(refused.body, /Result: ERROR - This command is not allowed in read only mode\./)
    assert.match(
      saved('denied-readonly-update.html').body,
      /Result: ERROR - This command is not allowed in read only mode\./,
    )
  })

  it('a bad escape before mime is answered as a page', () => {
    const answer = ask('cmd=show&w=%zz&mime=txt')
    assert.match(answer.headers['Content-Type']!, /^text\/html/)
    assert.match(saved('error-bad-escape.html').headers.get('Content-Type')!, /^text\/html/)
    assert.match(answer.body, /Result: ERROR - Error during parsing of URI/)
  })
})

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
      links.includes('/jkstatus?cmd=show&amp;w=loadbalancer&amp;sw=node1&amp;re=30&amp;mime=html&amp;opt=2') ||
        links.includes('/jkstatus?cmd=show&amp;re=30&amp;mime=html&amp;opt=2&amp;w=loadbalancer&amp;sw=node1'),
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
function poisoned<Value>(value: Value): Value {
  const kept = new Set(['kind', 'state', 'activation', 'method', 'lock', 'type', 'source'])
  const walk = (each: unknown, key: string): unknown => {
    if (typeof each === 'string') return kept.has(key) ? each : EVIL
    if (Array.isArray(each)) return each.map((item) => walk(item, key))
    if (typeof each !== 'object' || each === null) return each
    return Object.fromEntries(Object.entries(each).map(([name, part]) => [name, walk(part, name)]))
  }
  return walk(value, '') as Value
}

describe('whatever names hold', () => {
  const snapshot = poisoned(SNAPSHOT)
  const queries = [
    '',
    're=5&opt=3',
    'cmd=version',
    'cmd=show&w=x',
    `cmd=show&w=${encodeURIComponent(EVIL)}`,
    'cmd=<b>',
    'mime=<b>',
  ]

  for (const query of queries)
    it(`the page stays well-formed and holds no foreign element: ${query}`, () => {
      const { body } = ask(query, { snapshot, path: '/a"><b>', host: '"><script>:80' })
      if (ask(query, { snapshot }).headers['Content-Type'] === 'text/plain') return lacks(body, /<b>/)
      parseXml(body)
      lacks(body, /<script|<b>[^R]/)
    })

  it('a name writes no line of its own into the text', () => {
    const lines = ask('mime=txt', { snapshot }).body.split('\n')
    assert.deepEqual(
      lines.filter((line) => line.startsWith('Result')),
      ['Result: type=OK message="Action finished"'],
    )
    assert.equal(lines.length, ask('mime=txt').body.split('\n').length)
  })

  it('the page may load nothing and be put into nothing', () => {
    const { headers } = ask('')
    assert.match(headers['Content-Security-Policy']!, /default-src 'none'/)
    assert.match(headers['Content-Security-Policy']!, /frame-ancestors 'none'/)
    assert.equal(headers['X-Content-Type-Options'], 'nosniff')
  })
})
