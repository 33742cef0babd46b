import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterError } from '../errors.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { sendToEach } from './each-destination.ts'

const [one, two, three] = [testMember(1), testMember(2), testMember(3)]
const message = (to = [one, two, three]) => {
  return { to, options: 2, timestamp: 7, uniqueId: countingId(0), body: Buffer.from('x') }
}

test('each member gets a message of its own, with the same id, options and time', async () => {
  const sent: unknown[] = []
  await sendToEach(
    message([one, two]),
    async (below) => void sent.push(below),
    ({ host }) => host.subarray(3),
  )
  const expected = [one, two].map((to) => ({ ...message([to]), body: to.host.subarray(3) }))
  assert.deepEqual(sent, expected)
})

describe('the cause of a member is', () => {
  const lost = new ClusterError('CLUSTER_CONNECTION_LOST', 'it broke')
  const about = new ClusterError('CLUSTER_SEND', 'some did not get it', { faulty: [{ member: two, cause: lost }] })
  const thrown = new Error('a layer of the program')
  const rows: [what: string, failure: unknown, code: string, cause: unknown][] = [
    ['what the failure says of it', about, 'CLUSTER_CONNECTION_LOST', undefined],
    ['the failure, where it names nobody', lost, 'CLUSTER_CONNECTION_LOST', undefined],
    ['CLUSTER_SEND about whatever else was thrown', thrown, 'CLUSTER_SEND', thrown],
  ]
  for (const [what, failure, code, cause] of rows) {
    test(`${what}; the others have theirs`, async () => {
      const reached: number[] = []
      const sending = sendToEach(
        message(),
        async ({ to }) => {
          if (to[0] === two) throw failure
          reached.push(to[0]!.host[3]!)
        },
        () => Buffer.alloc(0),
      )
      await assert.rejects(sending, (error: ClusterError) => {
        assert.deepEqual(
          error.faulty.map(({ member, cause }) => [member, cause.code, cause.cause]),
          [[two, code, cause]],
        )
        return error.code === 'CLUSTER_SEND'
      })
      assert.deepEqual(reached, [1, 3])
    })
  }
})
