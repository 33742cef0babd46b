import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testMember } from '../testing/fixture.ts'
import { LoneLayer } from '../testing/lone-layer.ts'
import { domainFilter } from './domain-filter.ts'

const staging = (lastByte: number) => testMember(lastByte, { domain: Buffer.from('staging') })

test('members of the domain come and go, others never do', () => {
  const lone = new LoneLayer(domainFilter({ domain: 'staging' }))
  for (const member of [staging(1), testMember(2)]) lone.added(member)
  for (const member of [staging(1), testMember(2)]) lone.disappeared(member)
  assert.deepEqual(lone.news, ['+1', '-1'])
})

test('messages of the domain pass, others are refused and told', () => {
  const lone = new LoneLayer(domainFilter({ domain: Buffer.from('staging') }))
  assert.equal(lone.receive(Buffer.from('x'), { sender: staging(1) }), true)
  assert.throws(() => lone.receive(Buffer.from('y'), { sender: testMember(2) }), { code: 'CLUSTER_OTHER_DOMAIN' })
  assert.deepEqual([lone.above, lone.context.refusals], [['x'], ['CLUSTER_OTHER_DOMAIN']])
  assert.deepEqual(lone.layer.snapshot?.(), { refused: 1 })
})

test('without a domain of its own it takes that of the node', () => {
  const lone = new LoneLayer(domainFilter())
  lone.added(testMember(1))
  lone.added(staging(2))
  assert.deepEqual(lone.news, ['+1'])
})
