/** That the comparison sees what it is for, and that an entry explains no more than it says. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compare } from './compare.ts'
import { explanationOf, type KnownDifference, type Occurrence } from './explain.ts'
import { Visit } from './journal.ts'
import type { Answer, Observation } from './player.ts'

const ANSWER: Answer = {
  interim: [],
  statusLine: 'HTTP/1.1 200 OK',
  status: 200,
  lines: ['Content-Type: text/plain', 'X-A: 1', `Date: ${new Date().toUTCString()}`],
  body: Buffer.from('hello'),
  trailers: [],
  complete: true,
}

function observation(
  answer: Partial<Answer> = {},
  more: Partial<Observation> & { events?: string[] } = {},
): Observation {
  const visit = new Visit()
  visit.requestLine = 'GET / HTTP/1.1'
  for (const event of more.events ?? ['response finish', 'request close']) visit.event(event)
  return { answers: [{ ...ANSWER, ...answer }], visits: [visit], afterwards: 'serves', ...more }
}

const facets = (there: Observation, isEarly = false) => compare(observation(), there, isEarly).map(({ facet }) => facet)

describe('compare', () => {
  const rows: readonly (readonly [rule: string, there: Observation, facets: readonly string[]])[] = [
    ['equal', observation(), []],
    ['another second', observation({ lines: ANSWER.lines.map((line) => line.replace(/\d\d GMT/, '00 GMT')) }), []],
    [
      'a date that is not now',
      observation({ lines: [...ANSWER.lines.slice(0, 2), 'Date: Thu, 29 Feb 2024 12:00:00 GMT'] }),
      ['answer: field date'],
    ],
    ['a reason', observation({ statusLine: 'HTTP/1.1 200 Fine' }), ['answer: status line']],
    ['a value', observation({ lines: [ANSWER.lines[0]!, 'X-A: 2', ANSWER.lines[2]!] }), ['answer: field x-a']],
    ['a spelling', observation({ lines: [ANSWER.lines[0]!, 'x-a: 1', ANSWER.lines[2]!] }), ['answer: field x-a']],
    ['a field less', observation({ lines: ANSWER.lines.slice(1) }), ['answer: field content-type']],
    ['another order', observation({ lines: ANSWER.lines.toReversed() }), ['answer: field order']],
    ['a body', observation({ body: Buffer.from('hullo') }), ['answer: body']],
    ['a cut', observation({ complete: false }), ['answer: complete']],
    ['the order of events', observation({}, { events: ['request close', 'response finish'] }), ['app: events']],
    ['the connection', observation({}, { afterwards: 'closed' }), ['connection afterwards']],
  ]
  for (const [rule, there, expected] of rows) test(rule, () => assert.deepEqual(facets(there), expected))

  test('a cookie that is forgotten is forgotten as well a second later', () => {
    const forgotten = (at: number) => ({ lines: [`Set-Cookie: a=; Expires=${new Date(at).toUTCString()}`] })
    const differences = (at: number) => compare(observation(forgotten(Date.now())), observation(forgotten(at)), false)
    assert.deepEqual(differences(Date.now() - 1000), [])
    assert.equal(differences(0).length, 1)
  })

  test('of an early answer, what becomes of the request is left out', () => {
    const there = observation({}, { events: ['response finish'], afterwards: 'closed' })
    assert.deepEqual(facets(there, true), [])
  })
})

describe('explanationOf', () => {
  const found: Occurrence = {
    over: 'over ajp',
    framework: 'Koa',
    scene: 'a text',
    facet: 'answer 2: field x-a',
    straight: 'X-A: 1',
    there: 'x-a: 1',
  }
  const known: KnownDifference = { what: '', why: '', over: ['over ajp'], facets: /^answer: field x-a$/ }
  const rows: readonly (readonly [rule: string, known: KnownDifference, found: Occurrence, explained: boolean])[] = [
    ['by its facet, whichever answer it is', known, found, true],
    ['not in another arrangement', { ...known, over: ['over http'] }, found, false],
    ['not in another scene', { ...known, scenes: /^bytes$/ }, found, false],
    ['not of another framework', { ...known, frameworks: ['Hono'] }, found, false],
    ['not with another value', { ...known, straight: /2/ }, found, false],
    ['not where a value should be absent', { ...known, there: null }, found, false],
    ['a spelling', { ...known, isSpelling: true }, found, true],
    [
      'not a value, where only the spelling may differ',
      { ...known, isSpelling: true },
      { ...found, there: 'x-a: 2' },
      false,
    ],
  ]
  for (const [rule, entry, difference, explained] of rows)
    test(rule, () => assert.equal(explanationOf(difference, [entry]) === entry, explained))
})
