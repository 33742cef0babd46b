import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { testContext } from '../testing/channel-context.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { composeChain } from './chain.ts'
import type { IncomingMessage, Interceptor, Neighbours, OutgoingMessage } from './interceptor.ts'

const member = testMember(1)
const outgoing = (): OutgoingMessage => {
  return { to: [member], options: 0, timestamp: 0, uniqueId: countingId(0), body: Buffer.from('x') }
}
const incoming = (): IncomingMessage => {
  return { sender: member, options: 0, timestamp: 0, uniqueId: countingId(0), body: Buffer.from('x') }
}

const ABOVE = ['upper disappeared', 'top disappeared stopped']
const fails = () => {
  throw new Error('no news')
}
const failsLate: Interceptor['memberDisappeared'] = (gone, reason, next) => {
  next(gone, reason)
  fails()
}

function setup(layersOf: (log: string[]) => Interceptor[]) {
  const log: string[] = []
  const channel = testContext()
  const chain = composeChain(layersOf(log), {
    channel,
    bottom: {
      send: async (message) => {
        log.push(`bottom ${Buffer.from(message.body)}`)
      },
    },
    top: {
      receive: (message) => {
        log.push(`top ${Buffer.from(message.body)}`)
        return true
      },
      memberAdded: () => log.push('top added'),
      memberDisappeared: (_member, reason) => log.push(`top disappeared ${reason}`),
    },
  })
  return { log, chain, channel }
}

/** A layer that writes down every call and passes it on. */
function noting(name: string, log: string[]): Interceptor {
  const note = (what: string) => log.push(`${name} ${what}`)
  return {
    name,
    start: () => void note('start'),
    stop: () => void note('stop'),
    heartbeat: () => void note('heartbeat'),
    send: (message, next) => {
      note('send')
      return next(message)
    },
    receive: (message, next) => {
      note('receive')
      return next(message)
    },
    memberAdded: (added, next) => {
      note('added')
      next(added)
    },
    memberDisappeared: (gone, reason, next) => {
      note('disappeared')
      next(gone, reason)
    },
  }
}

describe('a chain of layers', () => {
  const empty: Interceptor = { name: 'empty' }
  const three = (log: string[]) => [noting('upper', log), empty, noting('lower', log)]

  test('sends top to bottom', async () => {
    const { log, chain } = setup(three)
    await chain.send(outgoing())
    assert.deepEqual(log, ['upper send', 'lower send', 'bottom x'])
  })

  test('receives bottom to top', () => {
    const { log, chain } = setup(three)
    assert.equal(chain.receive(incoming()), true)
    assert.deepEqual(log, ['lower receive', 'upper receive', 'top x'])
  })

  test('starts bottom to top, stops and beats top to bottom', async () => {
    const { log, chain } = setup(three)
    await chain.start()
    chain.heartbeat()
    await chain.stop()
    assert.deepEqual(log, [
      'lower start',
      'upper start',
      'upper heartbeat',
      'lower heartbeat',
      'upper stop',
      'lower stop',
    ])
  })

  describe('with a layer that throws', () => {
    const failing = (log: string[], hook: 'start' | 'stop' | 'heartbeat'): Interceptor => {
      const fail = () => {
        throw new Error(`no ${hook}`)
      }
      return { ...noting('middle', log), [hook]: fail }
    }
    const around = (hook: 'start' | 'stop' | 'heartbeat') => (log: string[]) => [
      noting('upper', log),
      failing(log, hook),
      noting('lower', log),
    ]

    test('at its start stops those that had begun, top to bottom', async () => {
      const { log, chain } = setup(around('start'))
      await assert.rejects(chain.start(), /no start/)
      assert.deepEqual(log, ['lower start', 'middle stop', 'lower stop'])
    })

    test('at its stop stops the others all the same, and tells', async () => {
      const { log, chain } = setup(around('stop'))
      await assert.rejects(chain.stop(), /no stop/)
      assert.deepEqual(log, ['upper stop', 'lower stop'])
    })

    test('at a heartbeat beats on, and tells', () => {
      const { log, chain, channel } = setup(around('heartbeat'))
      chain.heartbeat()
      assert.deepEqual(log, ['upper heartbeat', 'lower heartbeat'])
      assert.deepEqual(
        channel.events.map(({ type }) => type),
        ['listener-failed'],
      )
    })

    const news: [rule: string, layer: Partial<Interceptor>, hook: 'added' | 'disappeared', log: string[]][] = [
      ['at a new member keeps it from those above', { memberAdded: fails }, 'added', []],
      ['at a member that goes does not keep it among those above', { memberDisappeared: fails }, 'disappeared', ABOVE],
      ['when it has passed that on passes it on once', { memberDisappeared: failsLate }, 'disappeared', ABOVE],
    ]
    for (const [rule, layer, hook, above] of news) {
      test(`${rule}, and tells`, () => {
        let source: Neighbours | undefined
        const { log, channel } = setup((l) => [
          noting('upper', l),
          { name: 'middle', ...layer },
          {
            name: 'source',
            attach: (given) => {
              source = given
            },
          },
        ])
        if (hook === 'added') source?.above.memberAdded(member)
        else source?.above.memberDisappeared(member, 'stopped')
        assert.deepEqual(log, above)
        assert.deepEqual(
          channel.events.map(({ type }) => type),
          ['listener-failed'],
        )
      })
    }
  })

  test('rejects, and does not throw, where a layer throws at what it is to send', async () => {
    const seen: unknown[] = []
    const upper: Interceptor = { name: 'upper', send: (message, next) => next(message).catch((e) => void seen.push(e)) }
    await setup(() => [upper, { name: 'lower', send: fails }]).chain.send(outgoing())
    assert.match(String(seen), /no news/)
  })

  test('rejects, and does not throw, where its end throws', async () => {
    const top = { receive: () => true, memberAdded: () => {}, memberDisappeared: () => {} }
    const sent = composeChain([], { channel: testContext(), bottom: { send: fails }, top }).send(outgoing())
    await assert.rejects(sent, /no news/)
  })

  test('without layers joins its ends', async () => {
    const { log, chain } = setup(() => [])
    await chain.send(outgoing())
    assert.equal(chain.receive(incoming()), true)
    assert.deepEqual(log, ['bottom x', 'top x'])
  })

  test('lets a layer change, swallow and double', async () => {
    const shouting: Interceptor = {
      name: 'shouting',
      send: async (message, next) => {
        message.body = Buffer.from('X')
        await next(message)
        await next({ ...message, body: Buffer.from('again') })
      },
      receive: () => false,
    }
    const { log, chain } = setup(() => [shouting])
    await chain.send(outgoing())
    assert.equal(chain.receive(incoming()), false)
    assert.deepEqual(log, ['bottom X', 'bottom again'])
  })

  test('gives a layer neighbours for what it does on its own account', async () => {
    let own: Neighbours | undefined
    const middle: Interceptor = {
      name: 'middle',
      attach: (neighbours) => {
        own = neighbours
      },
      send: () => assert.fail('its own messages do not pass itself'),
      memberAdded: () => assert.fail('nor does its own news'),
    }
    const { log } = setup((l) => [noting('upper', l), middle, noting('lower', l)])
    await own?.below.send(outgoing())
    own?.above.memberAdded(member)
    own?.above.memberDisappeared(member, 'unreachable')
    own?.above.receive(incoming())
    assert.deepEqual(log, [
      'lower send',
      'bottom x',
      'upper added',
      'top added',
      'upper disappeared',
      'top disappeared unreachable',
      'upper receive',
      'top x',
    ])
  })
})
