/** Laws: whatever is asked for, the answer is whole, in its format, and says what has become of the request. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import fc from 'fast-check'
import { ModJk } from '../balancer/testing/mod-jk-snapshot.ts'
import { answerStatus, type StatusSource } from './answer-status.ts'
import { resolveOptions } from './options.ts'
import { backendParameters, lbParameters, memberParameters } from './parameters.ts'
import { statusRequest } from './testing/status-request.ts'

const OPTIONS = resolveOptions({
  properties: [
    ['worker.list', 'loadbalancer'],
    ['a<b', '"&'],
  ],
})
const NAMES = [...lbParameters, ...memberParameters, ...backendParameters].map(({ name }) => name)
const LABELS =
  /^(?:Server|Time|Software|Balancer Workers|Balancer Worker|Member|Map|AJP Workers|AJP Worker|Configuration|Result):|^(?:worker\.list|a<b)=/

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('', '%', '%00', '%3Cb%3E', '+', '&', '<', '"', 'node*', '*'),
)
const parameter = fc.oneof(
  fc.tuple(
    fc.constant('cmd'),
    fc.constantFrom('list', 'show', 'edit', 'update', 'reset', 'recover', 'version', 'dump', 'x'),
  ),
  fc.tuple(fc.constant('w'), fc.oneof(fc.constantFrom('loadbalancer', 'reports', 'plain', 'jkstatus'), text)),
  fc.tuple(fc.constant('sw'), fc.oneof(fc.constantFrom('node1', 'node*', 'rep2'), text)),
  fc.tuple(
    fc.constantFrom('opt', 're', 'from', 'psw', 'att', 'val0', 'val1'),
    fc.oneof(fc.nat(512).map(String), fc.constantFrom(...NAMES), text),
  ),
  fc.tuple(
    fc.constantFrom(...NAMES),
    fc.oneof(fc.integer({ min: -2, max: 100_000 }).map(String), fc.constantFrom('a', 'd', 's', 'on', 'tc2'), text),
  ),
)
const query = fc.array(parameter, { maxLength: 8 }).map((pairs) => pairs.map((pair) => pair.join('=')).join('&'))

async function ask(asked: string, live = new ModJk()): Promise<string> {
  const source: StatusSource = {
    snapshot: () => live.snapshot(),
    edit: (edits) => live.edit(edits),
    canResolve: async (name) => name.length % 2 === 0,
  }
  return (await answerStatus(statusRequest({ query: asked }), source, OPTIONS)).body
}

const law = (check: (asked: string) => Promise<void>) => fc.assert(fc.asyncProperty(query, check), { numRuns: 150 })

describe('whatever is asked for', () => {
  it('a page is well-formed', () => law(async (asked) => void parseXml(await ask(`mime=html&${asked}`))))

  it('XML is well-formed and ends with the result', () =>
    law(async (asked) => {
      const { children } = parseXml(await ask(`mime=xml&${asked}`)).root!
      const names = children.flatMap((child) => ('name' in child ? [child.name] : []))
      assert.equal(names.at(-1), 'jk:result')
    }))

  it('every line of text begins with a label, and the last one is the result', () =>
    law(async (asked) => {
      const lines = (await ask(`mime=txt&${asked}`)).split('\n')
      assert.equal(lines.pop(), '')
      for (const line of lines) assert.match(line, LABELS)
      assert.match(lines.at(-1)!, /^Result: type=(?:OK|ERROR) message="[^"]*"$/)
    }))

  it('every line of properties is one, and the last two are the result', () =>
    law(async (asked) => {
      const lines = (await ask(`mime=prop&${asked}`)).trimEnd().split('\n')
      for (const line of lines) assert.match(line, /^[^=]+=/)
      assert.match(lines.at(-2)!, /^worker\.result\.type=(?:OK|ERROR)$/)
    }))

  it('what is refused has changed nothing', () =>
    law(async (asked) => {
      const live = new ModJk()
      const before = live.snapshot()
      if (/type=ERROR/.test(await ask(`mime=txt&${asked}`, live))) assert.deepEqual(live.snapshot(), before)
    }))
})
