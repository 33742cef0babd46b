/** The layer alone. What whole groups elect is in group-channel-layers.test.ts. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { endpointKey } from '../identity.ts'
import type { Member } from '../member.ts'
import { testMember } from '../testing/fixture.ts'
import { turns } from '../testing/lab.ts'
import { LoneLayer } from '../testing/lone-layer.ts'
import { decodeElection, type ElectionMessage, encodeElection } from './election-message.ts'
import { leaderElection, MAX_ASKED_AFTER } from './leader-election.ts'

const [second, third] = [testMember(120), testMember(121)]

/** First in order, with the second in view, and what it asked. */
async function asking(): Promise<{ lone: LoneLayer; request: ElectionMessage }> {
  const lone = new LoneLayer(leaderElection(), second)
  lone.added(second)
  await lone.start()
  const request = decodeElection(lone.below[0]!.body)
  assert.equal(request?.type, 'request')
  return { lone, request }
}

describe('while others see somebody whom this node does not see, it asks again with the next heartbeat, not at once', () => {
  const rows: [rule: string, isReachable: boolean, sent: string[]][] = [
    ['where nobody answers it there', false, ['request']],
    ['where he answers', true, ['request', 'confirm']],
  ]
  for (const [rule, isReachable, sent] of rows) {
    test(rule, async () => {
      const { lone, request } = await asking()
      if (!isReachable) lone.context.unreachable.add(endpointKey(third))
      const types = () => lone.below.map(({ body }) => decodeElection(body)?.type)
      lone.receive(encodeElection({ ...request, members: [...request.members, third] }))
      await turns()
      assert.deepEqual(types(), sent)
      lone.beat(5000)
      assert.deepEqual(types(), [...sent, 'request'])
    })
  }

  test('unless it sees somebody new by then', async () => {
    const { lone, request } = await asking()
    lone.added(third)
    lone.receive(encodeElection({ ...request, members: [...request.members, testMember(122)] }))
    assert.equal(lone.below.length, 2)
  })
})

test('a group too large for one message has no leader, and ends no process', async () => {
  const lone = new LoneLayer(leaderElection())
  const members: Member[] = Array.from({ length: 100 }, (_, i) =>
    testMember(100 + i, { payload: Buffer.alloc(60_000) }),
  )
  for (const member of members) lone.added(member)
  await lone.start()
  await turns()
  assert.deepEqual(lone.below, [])
})

test('whom nobody here knows is asked after, but only so many at once', async () => {
  const { lone, request } = await asking()
  let asked = 0
  const answers: (() => void)[] = []
  const isReachable = () => {
    asked++
    return new Promise<boolean>((resolve) => answers.push(() => resolve(false)))
  }
  Object.assign(lone.context, { isReachable })
  const naming = (count: number) => {
    const strangers = Array.from({ length: count }, (_, i) => testMember(122, { port: 5000 + i }))
    lone.receive(encodeElection({ ...request, members: [...request.members, ...strangers] }))
  }
  naming(MAX_ASKED_AFTER + 1)
  assert.equal(asked, 0)
  for (let requests = 0; requests < 20; requests++) naming(MAX_ASKED_AFTER / 4)
  assert.equal(asked, MAX_ASKED_AFTER)
  for (const answer of answers.splice(0)) answer()
  await turns()
  naming(1)
  assert.equal(asked, MAX_ASKED_AFTER + 1)
})
