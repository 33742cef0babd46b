import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ReceivedMessage } from './channel.ts'
import { ClusterError } from './errors.ts'
import { Listeners } from './listeners.ts'
import { countingId, testMember } from './testing/fixture.ts'

const member = testMember(1)
const message: ReceivedMessage = {
  sender: member,
  options: 0,
  timestamp: 0,
  uniqueId: countingId(0),
  body: Buffer.from('x'),
}
const boom = new Error('boom')
const throwing = () => {
  throw boom
}

describe('a message is taken', () => {
  const rows: [rule: string, answers: (() => boolean | Promise<boolean>)[], taken: boolean | 'throws'][] = [
    ['by nobody', [], false],
    ['by the only listener', [() => true], true],
    ['not by a listener that says so', [() => false], false],
    ['by any of several', [() => false, () => true, () => false], true],
    ['by one that takes its time', [() => false, async () => true], true],
    ['by one beside one that takes its time', [() => true, async () => false], true],
    ['not when one throws', [() => true, throwing], 'throws'],
    ['not when the only one throws', [throwing], 'throws'],
    ['not when one rejects', [() => true, async () => throwing(), async () => true], 'throws'],
    ['not when one throws while another takes its time', [throwing, async () => true], 'throws'],
  ]
  for (const [rule, answers, taken] of rows) {
    test(rule, async () => {
      const listeners = new Listeners(() => assert.fail())
      let told = 0
      for (const answer of answers) {
        listeners.add({
          message: () => {
            told++
            return answer()
          },
        })
      }
      const ask = async () => listeners.message(message)
      if (taken === 'throws') await assert.rejects(ask, boom)
      else assert.equal(await ask(), taken)
      assert.equal(told, answers.length, 'all were told')
    })
  }
})

test('without promises the answer is no promise', () => {
  const listeners = new Listeners(() => assert.fail())
  listeners.add({ message: () => true })
  listeners.add({ memberAdded: () => {} })
  assert.equal(listeners.message(message), true)
})

test('news reach every listener, whatever the others throw', () => {
  const failures: unknown[] = []
  const heard: string[] = []
  const listeners = new Listeners((cause) => failures.push(cause))
  listeners.add({ memberAdded: throwing, memberDisappeared: throwing, sendFailed: throwing })
  listeners.add({
    memberAdded: (added) => heard.push(`added ${added.host[3]}`),
    memberDisappeared: (gone) => heard.push(`disappeared ${gone.host[3]}`),
    sendFailed: (members, cause) => heard.push(`failed ${members.length} ${cause.code}`),
  })
  listeners.memberAdded(member)
  listeners.memberDisappeared(member)
  listeners.sendFailed([member], new ClusterError('CLUSTER_SEND', 'x'))
  assert.deepEqual(heard, ['added 1', 'disappeared 1', 'failed 1 CLUSTER_SEND'])
  assert.deepEqual(failures, [boom, boom, boom])
})

test('listeners come and go while they are told; each is told once', () => {
  const heard: string[] = []
  const listeners = new Listeners(() => assert.fail())
  const second = { memberAdded: () => heard.push('second') }
  const first = {
    memberAdded: () => {
      heard.push('first')
      listeners.remove(first)
      listeners.remove(second)
      listeners.add({ memberAdded: () => heard.push('third') })
    },
  }
  listeners.add(first)
  listeners.add(first)
  listeners.add(second)
  listeners.memberAdded(member)
  assert.deepEqual(heard, ['first', 'second'])
  listeners.memberAdded(member)
  assert.deepEqual(heard, ['first', 'second', 'third'])
})
