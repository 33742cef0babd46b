import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nearest } from './did-you-mean.ts'

const names = ['loadbalancer', 'jkstatus', 'tomcat1', 'a', 'lb']

describe('nearest', () => {
  const rows: readonly (readonly [rule: string, name: string, found: string | undefined])[] = [
    ['one letter wrong', 'jkstatos', 'jkstatus'],
    ['a swap of neighbours counts once', 'jksattus', 'jkstatus'],
    ['two errors', 'jkstts', 'jkstatus'],
    ['three are too many', 'jkss', undefined],
    ['hyphens do not count', 'jk-status', 'jkstatus'],
    ['spaces of any width do not count', 'jkstatus\u3000', 'jkstatus'],
    ['full-width letters are letters', 'ｊｋｓｔａｔｕｓ', 'jkstatus'],
    ['case does not count', 'LoadBalancer', 'loadbalancer'],
    ['a short name may have one error', 'lbx', 'lb'],
    ['one letter is not like another', 'b', undefined],
    ['the name itself is no suggestion', 'a', undefined],
    ['nothing is like nothing', '', undefined],
  ]
  for (const [rule, name, found] of rows) test(rule, () => assert.equal(nearest(name, names), found))

  test('very long names and very many candidates cost little', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `worker${index}`)
    assert.equal(nearest('x'.repeat(1_000_000), many), undefined)
  })
})
