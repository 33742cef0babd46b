/** Which responses are in flight, whatever the order in which they end. */
import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { InFlight } from './in-flight.ts'

const request = new IncomingMessage(new Socket())

describe('responses in flight', () => {
  test('are those that were added and have not closed, in whatever order they close', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), (steps) => {
        const inFlight = new InFlight()
        const open: ServerResponse[] = []
        for (const step of steps) {
          if (step < open.length) {
            const [closed] = open.splice(step, 1)
            closed!.emit('close')
          } else {
            const response = new ServerResponse(request)
            inFlight.add(response)
            open.push(response)
          }
          assert.equal(inFlight.size, open.length)
          assert.deepEqual(new Set(inFlight), new Set(open))
        }
      }),
    )
  })

  test('one that closes twice takes no other with it', () => {
    const inFlight = new InFlight()
    const [first, second] = [new ServerResponse(request), new ServerResponse(request)]
    inFlight.add(first)
    inFlight.add(second)
    first.emit('close')
    first.emit('close')
    assert.deepEqual([...inFlight], [second])
  })
})
