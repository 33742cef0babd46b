import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from './arguments.ts'

test('nothing said: five rounds of five seconds, everything else as the scenario has it', () => {
  assert.deepEqual(parseArguments([]), {
    scenarios: [],
    rounds: 5,
    seconds: 5,
    warmupSeconds: 3,
    connections: undefined,
    sessions: undefined,
    only: undefined,
    reference: undefined,
    json: undefined,
    write: false,
    ownLoad: false,
    list: false,
    help: false,
  })
})

test('scenarios and options in any order', () => {
  const { scenarios, rounds, seconds, only, json, write } = parseArguments(
    'proxy-small --rounds 3 cluster --seconds 2 --only clowder,haproxy --json out.json --write'.split(' '),
  )
  assert.deepEqual(scenarios, ['proxy-small', 'cluster'])
  assert.deepEqual([rounds, seconds, only, json, write], [3, 2, ['clowder', 'haproxy'], 'out.json', true])
})

const refused: [rule: string, args: string][] = [
  ['an option nobody knows', '--fast'],
  ['no rounds', '--rounds 0'],
  ['a fraction', '--seconds 1.5'],
  ['a run without end', '--seconds 100000'],
  ['a number that is none', '--warmup x'],
  ['fewer connections than backends', '--connections 1'],
]
for (const [rule, args] of refused)
  test(`refused: ${rule}`, () => assert.throws(() => parseArguments(args.split(' ')), { code: 'BENCH_USAGE' }))
