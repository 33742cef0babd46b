import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, missingFields, wantedFields } from './equal-answers.ts'
import type { Answer } from './probe.ts'

const expected = { path: '/small', status: 200, contentType: 'text/plain', body: 'ok\n' }
const right: Answer = { status: 200, headers: new Map([['content-type', 'text/plain']]), body: 'ok\n', bytes: 67 }

const answers: [rule: string, answer: Partial<Answer>, wrong: RegExp | undefined][] = [
  ['the same', {}, undefined],
  ['a charset is free', { headers: new Map([['content-type', 'Text/Plain;charset=UTF-8']]) }, undefined],
  ['another status', { status: 503 }, /status 503/],
  ['another type', { headers: new Map([['content-type', 'text/html']]) }, /text\/html/],
  ['no type', { headers: new Map() }, /undefined/],
  ['another body', { body: 'ok' }, /begins "ok"/],
]
for (const [rule, answer, wrong] of answers)
  test(`difference: ${rule}`, () => {
    const found = difference({ ...right, ...answer }, expected)
    if (wrong === undefined) assert.equal(found, undefined)
    else assert.match(found ?? '', wrong)
  })

function echoOf(fields: readonly (readonly [string, string])[]): string {
  return `GET /echo HTTP/1.1\r\n${fields.map(([name, value]) => `${name.toUpperCase()}: ${value}\r\n`).join('')}\r\n`
}

test('missingFields: all there, whatever the case and order of the names', () => {
  const wanted = wantedFields('sticky', 'worker1')
  assert.deepEqual(missingFields(echoOf([...wanted].reverse()), wanted), [])
})

test('missingFields: a field that was lost, changed or doubled', () => {
  const wanted = [
    ['host', 'bench.test'],
    ['accept', '*/*'],
    ['cookie', 'a=b'],
  ] as const
  const echoed = echoOf([
    ['accept', 'text/html'],
    ['cookie', 'a=b'],
    ['cookie', 'a=b'],
  ])
  assert.deepEqual(missingFields(echoed, wanted), ['host: bench.test', 'accept: */*', 'cookie: a=b'])
})

test('wantedFields: AJP carries the address itself, HTTP in three fields', () => {
  const names = (duty: 'sticky' | 'ajp') => wantedFields(duty, 'worker1').map(([name]) => name)
  assert.deepEqual(names('ajp').slice(6), ['remote-address'])
  assert.deepEqual(names('sticky').slice(6), ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'])
})
