/**
 * The same requests in the same order to jk-status of a real mod_jk and of clowder, over the same files. Neither has served
 * anybody, so that nothing but the time and the name of the software may differ. What clowder refuses and mod_jk takes for
 * something else is in `src/status/answer-status.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Balancer, createBalancer } from '../../src/balancer/index.ts'
import { statusPages } from '../../src/cli/status-pages.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { loadBalancerConfiguration } from '../../src/config/index.ts'
import { formsOf, headingsOf, linksOf, refreshOf, tablesOf, textOf } from '../../src/status/testing/html-facts.ts'
import { temporaryFolder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import { freePort } from '../kit/ports.ts'
import { until } from '../kit/until.ts'
import { get } from '../stories/visitor.ts'

/** No maintenance while they are compared, however long that takes: it changes what is shown, and not at one moment. */
const WORKERS = `worker.list=lb,other,odd,plain,named,jkstatus,jkreadonly,jkplain
worker.maintain=3600
worker.template.type=ajp13
worker.template.host=127.0.0.1
worker.template.reply_timeout=7000
worker.template.ping_mode=A
worker.n1.reference=worker.template
worker.n1.port=18009
worker.n1.lbfactor=2
worker.n2.reference=worker.template
worker.n2.port=18010
worker.n2.route=east.n2
worker.n3.reference=worker.template
worker.n3.port=18011
worker.n3.activation=D
worker.n3.distance=2
worker.lb.type=lb
worker.lb.balance_workers=n1,n2,n3
worker.n4.reference=worker.template
worker.n4.port=18013
worker.n4.activation=disabled
worker.other.type=lb
worker.other.balance_workers=n4
worker.other.method=B
worker.other.lock=P
worker.other.sticky_session=no
worker.plain.type=ajp13
worker.plain.port=18012
worker.plain.host=127.0.0.1
worker.plain.reply_timeout=0
worker.plain.secret=not shown
worker.jkstatus.type=status
worker.jkstatus.good=a
worker.jkstatus.bad=d
worker.jkreadonly.type=status
worker.jkreadonly.read_only=true
worker.jkreadonly.prefix=status
site=east
worker.odd.type=lb
worker.odd.balance_workers=n5,n6
worker.n5.type=ajp13
worker.n5.host=localhost
worker.n5.port=0
worker.n5.reply_timeout=9000
worker.n5.cachesize=7
worker.n6.type=ajp13
worker.n6.host=localhost
worker.n6.port=18016
worker.n6.reply_timeout=9000
worker.n6.mx=64
worker.n6.domain=$(site)
worker.n6.fail_on_status=500
worker.n6.fail_on_status=-404
worker.n6.cache_timeout=5
worker.named.host=localhost
worker.named.port=18017
worker.named.reply_timeout=9000
nobody.knows=this
worker.jkplain.type=status
worker.jkplain.ns=-
worker.jkplain.xmlns=-
`

const MOUNTS = `JkMount /app/* lb
JkMount /other|/* other
JkUnMount /app/static/* lb
JkMount /plain plain
JkMount /odd/* odd;reply_timeout=4000;sticky_ignore=1;fail_on_status=500,-404;active=n5;disabled=n6
JkMount /odd odd;stateless=1;stopped=n5,n6;use_server_errors=502;reply_timeout=0
JkMount /named named
JkMount /jkstatus jkstatus
JkMount /jkreadonly jkreadonly
JkMount /jkplain jkplain`

/** Without `mime`; each is asked for in all four formats, one after the other. */
const QUERIES: readonly string[] = [
  'jkstatus?cmd=list',
  'jkstatus?cmd=list&opt=27',
  'jkstatus?cmd=show&w=lb',
  'jkstatus?cmd=show&w=lb&sw=n2',
  'jkstatus?cmd=show&w=plain&re=20',
  'jkstatus?cmd=version',
  'jkstatus?cmd=dump',
  'jkreadonly?cmd=list',
  'jkreadonly?cmd=update&w=lb&vlr=3',
  'jkplain?cmd=show&w=other',
  'jkstatus?cmd=edit&w=lb',
  'jkstatus?cmd=edit&w=lb&sw=n3&from=show',
  'jkstatus?cmd=edit&w=lb&att=vwa',
  'jkstatus?cmd=edit&w=lb&att=vact',
  'jkstatus?cmd=edit&w=plain',
  'jkstatus?cmd=update&w=lb&vlr=4&vlri=50&vlt=30&vlee=7&vlx=2&vls=0&vlf=1&vlm=s&vll=1',
  'jkstatus?cmd=show&w=lb',
  'jkstatus?cmd=update&w=lb&vlr=0&vlt=x&vls=maybe&vlee=-3',
  'jkstatus?cmd=update&w=lb&sw=n1&vwa=s&vwf=3&vwn=west.one&vwr=n3&vwd=4',
  'jkstatus?cmd=update&w=lb&sw=n*&vacpt=60&vapng=70&vact=80&vapt=90&vart=100&var=3&vari=4&varo=6&vabl=7&vamps=9000',
  'jkstatus?cmd=update&w=lb&att=vwc&val0=x&val2=y',
  'jkstatus?cmd=update&w=lb&att=vwf&val0=6&val1=4&val2=3',
  'jkstatus?cmd=update&w=lb&sw=n2&vaprt=18020',
  'jkstatus?cmd=update&w=plain&vart=4000&varo=3&vabl=5',
  'jkstatus?cmd=list',
  'jkstatus?cmd=update&w=lb&sw=n1&vwa=0&vwr=&vwc=',
  'jkstatus?cmd=show&w=lb&sw=n1',
  'jkstatus?cmd=recover&w=lb&sw=n1',
  'jkstatus?cmd=recover&w=plain&sw=n1',
  'jkstatus?cmd=reset&w=lb&sw=n1',
  'jkstatus?cmd=reset&w=lb',
  'jkstatus?cmd=reset&w=plain',
  'jkstatus?cmd=reset&w=lb&sw=n*',
  'jkstatus?cmd=reset&w=lb&sw=nobody',
  'jkstatus?cmd=reset&w=jkstatus',
  'jkstatus?cmd=edit&w=jkstatus',
  'jkstatus?cmd=update&w=jkstatus&vlr=3',
  'jkstatus?cmd=recover&w=jkstatus',
  'jkstatus?cmd=recover&w=plain',
  'jkstatus?cmd=recover&w=jkstatus&sw=x',
  'jkstatus?cmd=update&w=jkstatus&sw=x&vwf=3',
  'jkstatus?cmd=edit&w=lb&att=vxx',
  'jkstatus?cmd=show&w=lb&sw=n2&opt=1',
  'jkstatus?cmd=show&w=lb&opt=24',
  'jkstatus?cmd=update&w=lb&sw=n1&att=vwf&val0=9&vwf=2',
  'jkstatus?cmd=show&w=lb',
  'jkstatus?cmd=edit&w=nobody',
  'jkstatus?cmd=LIST',
  'jkstatus?cmd=update&w=lb&sw=&vwf=2',
  'jkstatus?cmd=update&w=plain&sw=n1&vwf=2',
  'jkstatus?cmd=show&w=other&cmd=list',
  'jkstatus?cmd=show&w=odd',
  'jkstatus?cmd=update&w=lb&vlee=0&vlri=0',
  'jkstatus?cmd=update&w=odd&sw=n6&vahst=localhost&vaprt=18026',
  'jkstatus?cmd=update&w=odd&sw=n5&vahst=unknown.invalid',
  'jkstatus?cmd=update&w=odd&sw=n5&vahst=127.0.0.9&vaprt=18025&vwa=a',
  'jkstatus?cmd=update&w=odd&sw=n5&vwn=far.n5',
  'jkstatus?cmd=show&w=odd',
  'jkstatus?cmd=reset&w=odd&sw=n5',
  'jkstatus?cmd=show&w=named',
  'jkstatus?cmd=show&w=lb',
]

/** Each attribute that can be changed for all members at once, with values for the first and the third. */
const ATTRIBUTES: Readonly<Record<string, readonly [first: string, third: string]>> = {
  vwa: ['d', '2'],
  vwf: ['5', '0'],
  vwn: ['one', 'far.three'],
  vwr: ['far.three', ''],
  vwc: ['', 'south'],
  vwd: ['1', '-1'],
  vacpt: ['61', '0'],
  vapng: ['71', '-5'],
  vact: ['81', '0'],
  vapt: ['91', '0'],
  vart: ['101', '102'],
  var: ['4', '0'],
  vari: ['5', '0'],
  vacpi: ['60', '0'],
  varo: ['7', '0'],
  vabl: ['8', '-1'],
  vamps: ['9001', '70000'],
}

const ATTRIBUTE_QUERIES = Object.entries(ATTRIBUTES).flatMap(([name, [first, third]]) => [
  `jkstatus?cmd=update&w=lb&att=${name}&val0=${first}&val2=${third}`,
  'jkstatus?cmd=show&w=lb',
])

/** Where pages differ by intent; the formats for programs do not. */
const NOT_AS_PAGES: Readonly<Record<string, string>> = {
  'jkstatus?cmd=edit&w=lb&att=vxx': 'an empty page there, an error here',
  'jkstatus?cmd=show&w=other&cmd=list': 'links of the list keep the worker there, which a list has no use for',
}

const FORMATS = ['txt', 'xml', 'prop', 'html'] as const

/** Name and port of the server, and the software: in the same shape, or they stay as they are. */
function masked(text: string): string {
  return text
    .replace(/127\.0\.0\.1:\d+(?= |<)/g, (found) => (/:180\d\d$/.test(found) ? found : 'SERVER'))
    .replace(
      /((?:server_|Server: name=\S+ )?port=|<(?:jk:)?server\n {2}name="127\.0\.0\.1"\n {2}port=)"?\d{5}"?/g,
      (found) => (/180\d\d/.test(found) ? found : 'port=*'),
    )
    .replace(VARYING, (_, key: string, sign: string, value: string) => `${key}${sign}${shapeOf(value)}`)
    .replace(/web_server="?\S[^"\n]* mod_jk\/1\.2\.\d\d"?$/gm, 'web_server=*')
    .replace(/web_server="\S[^"\n]* mod_jk\/1\.2\.\d\d"(?= )/g, 'web_server=*')
    .replace(/jk_version="?mod_jk\/1\.2\.\d\d"?$/gm, 'jk_version=*')
    .replace(/ServerRoot="?\/[^"\n]+"?$/gm, 'ServerRoot=*')
}

/** Times: they must be there, in the same shape, and nearly the same. */
const VARYING = /(datetime|unix|last_reset_at|last_reset_ago|time_to_maintenance_m\w\w)(="?)(\d+)/g
/** Seconds between the starts of the two servers, and between two requests, at most. */
const NEARLY_S = 20

/** Ages are short or long; a point in time has as many digits for centuries. */
const shapeOf = (value: string): string => (value.length >= 10 ? `${value.length} digits` : '*')

function assertSameTimes(actual: string, expected: string): void {
  const times = (text: string) =>
    [...text.matchAll(VARYING)].map(([, key, , value]) => ({
      key,
      at: key === 'datetime' ? secondsOf(value!) : Number(value),
    }))
  const theirs = times(expected)
  for (const [index, { key, at }] of times(actual).entries())
    assert.ok(Math.abs(at - theirs[index]!.at) <= NEARLY_S, `${key}: ${at} and ${theirs[index]!.at}`)
}

/** `20261122134542` */
function secondsOf(compact: string): number {
  const [, date, hours, minutes, seconds] = /^(\d{8})(\d\d)(\d\d)(\d\d)$/.exec(compact)!
  return (
    Date.parse(date!.replace(/(....)(..)(..)/, '$1-$2-$3')) / 1_000 +
    Number(hours) * 3_600 +
    Number(minutes) * 60 +
    Number(seconds)
  )
}

/** What a page says, with what differs between two servers at two moments taken out. */
function factsOf(page: string): unknown {
  const result = /<b>Result: (.*?)<\/b>/s.exec(page)
  if (result !== null) return [textOf(result[1]!), refreshOf(page)]
  const tables = tablesOf(page).map(([head, ...rows]) => {
    const varying = new Set(['LR', 'Last Reset', 'Next Maintenance'].map((name) => head!.indexOf(name)))
    // Rates have no number in the second of a reset; mod_jk forgets a cell of a worker that stands alone.
    const cell = (text: string, index: number): string =>
      varying.has(index) ? text.replace(/\d+/g, 'n') : text.replace(/\([-\d ]*\/sec\)/, '(*)').trim()
    const isShort = head!.at(-1) === 'Max Packet Size' && head![0] === 'Type'
    return [head, ...rows.map((row) => (isShort ? row.slice(0, 11) : row).map(cell))]
  })
  return {
    headings: headingsOf(page).map((heading) => masked(`${heading} `).replace('(1 maps)', '(1 map)')),
    tables,
    forms: formsOf(page).map(({ sw, psw: _, ...form }) => ({
      ...form,
      ...(form.att === undefined && !form.options && { sw }),
    })),
    links: linksOf(page),
    refresh: refreshOf(page),
  }
}

async function startModJk(owner: Owner): Promise<number> {
  // In one process: not all that is changed reaches the others (quirk 16).
  const processes = 'StartServers 1\nServerLimit 1\nThreadsPerChild 16\nMaxRequestWorkers 16'
  const { port } = await startHttpd({
    owner,
    workersProperties: WORKERS,
    config: () => `${processes}\n${MOUNTS}`,
  })
  return port
}

async function startOurs(owner: Owner): Promise<number> {
  const folder = temporaryFolder('jk-status', owner)
  folder.write('workers.properties', WORKERS)
  const port = await freePort()
  const file = folder.write(
    'jk.conf',
    `Listen 127.0.0.1:${port}\nServerName 127.0.0.1\nJkWorkersFile workers.properties\n${MOUNTS}\n`,
  )
  const { options, complaints } = await loadBalancerConfiguration(file)
  assert.ok(options !== undefined, JSON.stringify(complaints))
  const balancer: Balancer = createBalancer(options, {
    statusPage: statusPages(options, systemClock, () => balancer),
  })
  await balancer.start()
  atEnd(owner, () => balancer.stop(0))
  return port
}

test('jk-status of mod_jk and of clowder say the same, request for request', needsPeer('mod_jk'), async (t) => {
  const [theirs, ours] = await Promise.all([startModJk(t), startOurs(t)])
  const list = '/jkstatus?cmd=list&mime=txt'
  await until('names have been looked up', async () => !(await get(ours, list)).text.includes('unresolved'))
  const differing: string[] = []
  for (const query of [...QUERIES, ...ATTRIBUTE_QUERIES]) {
    for (const mime of FORMATS) {
      if (mime === 'html' && Object.hasOwn(NOT_AS_PAGES, query)) continue
      const path = `/${query}&mime=${mime}`
      const [expected, actual] = [await get(theirs, path), await get(ours, path)]
      assert.deepEqual([actual.status, expected.status], [200, 200], path)
      try {
        if (mime === 'html') assert.deepEqual(factsOf(actual.text), factsOf(expected.text))
        else {
          assert.equal(masked(actual.text), masked(expected.text))
          assertSameTimes(actual.text, expected.text)
        }
      } catch (error) {
        differing.push(`${path}\n${(error as Error).message}`)
      }
    }
  }
  assert.deepEqual(differing, [], differing.join('\n\n'))
  await byOtherMethods(theirs, ours)
})

/** HEAD and POST change what GET changes; the query says what, a body means nothing. */
async function byOtherMethods(theirs: number, ours: number): Promise<void> {
  const asked = async (port: number, method: string, query: string) => {
    const body = method === 'POST' ? { body: 'cmd=update&w=lb&vlr=99' } : {}
    const { status, headers, text } = await get(port, `/jkstatus?${query}`, { method, ...body })
    return { status, text: masked(text), ...pick(headers, ['content-type', 'cache-control', 'pragma']) }
  }
  for (const [index, method] of ['HEAD', 'POST'].entries()) {
    for (const query of [`cmd=update&w=lb&vlr=${index + 6}&mime=txt`, 'cmd=show&w=lb&mime=xml', 'cmd=list&mime=prop'])
      assert.deepEqual(await asked(ours, method, query), await asked(theirs, method, query), `${method} ${query}`)
    for (const port of [ours, theirs])
      assert.match(
        (await get(port, '/jkstatus?cmd=show&w=lb&mime=prop')).text,
        new RegExp(`^worker.lb.retries=${index + 6}$`, 'm'),
      )
  }
}

function pick(headers: NodeJS.Dict<string | string[]>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, headers[name]]))
}
