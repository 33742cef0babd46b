import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKilobytes, parseOpenFilesLimit, parseSchedstat, parseStat } from './stat.ts'

const tail = 'S 17 42 42 0 -1 4194560 900 0 0 0 150 50 7 3 20 0 12 0 88123 1000 200 184467 1 1 0 0'

const names: [rule: string, text: string][] = [
  ['a plain name', `42 (node) ${tail}`],
  ['a name with a blank', `42 (tmux: server) ${tail}`],
  ['a name with brackets and blanks', `42 (a) S 1 (b)) ${tail}`],
]
for (const [rule, text] of names)
  test(`parseStat: ${rule}`, () => {
    assert.deepEqual(parseStat(text), {
      pid: 42,
      parent: 17,
      state: 'S',
      cpuNs: 2_000_000_000,
      endedChildrenNs: 100_000_000,
      startTicks: 88_123,
    })
  })

for (const text of ['', '42', '42 (node) S', `42 node ${tail}`, '42 (node) S x x'])
  test(`parseStat: ${JSON.stringify(text.slice(0, 20))} is no stat file`, () =>
    assert.equal(parseStat(text), undefined))

test('parseSchedstat: the first number; a kernel that keeps none says zero', () => {
  assert.equal(parseSchedstat('547727 1941585 3\n'), 547_727)
  assert.equal(parseSchedstat('0 0 0\n'), undefined)
  assert.equal(parseSchedstat(''), undefined)
})

test('parseKilobytes: the line with exactly that key', () => {
  const text = 'Rss:  9 kB\nPss_Dirty:   5 kB\nPss:            1234 kB\nVmHWM:\t  77 kB\n'
  assert.equal(parseKilobytes(text, 'Pss'), 1234 * 1024)
  assert.equal(parseKilobytes(text, 'VmHWM'), 77 * 1024)
  assert.equal(parseKilobytes(text, 'Swap'), undefined)
  assert.equal(parseKilobytes('Pss: none\n', 'Pss'), undefined)
})

test('parseOpenFilesLimit: the soft limit', () => {
  const limits = (value: string) =>
    `Max processes  5  5 processes\nMax open files            ${value}    20000   files\n`
  assert.equal(parseOpenFilesLimit(limits('1024')), 1024)
  assert.equal(parseOpenFilesLimit(limits('unlimited')), Number.POSITIVE_INFINITY)
  assert.equal(parseOpenFilesLimit(''), undefined)
})
