import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SEND } from '../channel.ts'
import { fixture, testMember } from '../testing/fixture.ts'
import { LoneLayer } from '../testing/lone-layer.ts'
import { ping } from './ping.ts'

test('with every heartbeat all members are sent the ping of Tomcat', () => {
  const lone = new LoneLayer(ping())
  lone.beat(1)
  assert.equal(lone.below.length, 0, 'nobody is there')
  for (const member of [testMember(1), testMember(2), testMember(1)]) lone.added(member)
  lone.beat(1)
  const [message] = lone.below
  assert.deepEqual(message?.body, fixture('payload-tcp-ping'))
  assert.equal(message?.options, SEND.BYTE_MESSAGE)
  assert.deepEqual(
    message?.to.map(({ host }) => host[3]),
    [2, 1],
  )
})

test('a member that left is not pinged, and members pass', () => {
  const lone = new LoneLayer(ping())
  lone.added(testMember(1))
  lone.disappeared(testMember(1))
  lone.beat(1)
  assert.deepEqual([lone.news, lone.below], [['+1', '-1'], []])
})

test('with an interval it pings by itself until it stops', async () => {
  const lone = new LoneLayer(ping({ intervalMs: 100 }))
  await lone.start()
  lone.added(testMember(1))
  lone.beat(250)
  assert.equal(lone.below.length, 2, 'and not with the heartbeat')
  await lone.stop()
  assert.equal(lone.context.clock.pending, 0)
})
