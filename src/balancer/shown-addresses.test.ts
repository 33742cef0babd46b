import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../test/kit/until.ts'
import { ShownAddresses } from './shown-addresses.ts'

/** Answers when it is told to. */
function resolver() {
  const asked: string[] = []
  const open = new Map<string, { resolve(address: string): void; reject(error: Error): void }>()
  const lookUp = (name: string): Promise<string> => {
    asked.push(name)
    return new Promise((resolve, reject) => open.set(name, { resolve, reject }))
  }
  return {
    asked,
    lookUp,
    answer: (name: string, address: string) => open.get(name)!.resolve(address),
    fail: (name: string) => open.get(name)!.reject(new Error('ENOTFOUND')),
  }
}

describe('addresses as they are shown', () => {
  const rows: readonly [rule: string, host: string, port: number, shown: string][] = [
    ['an address is itself', '127.0.0.1', 8009, '127.0.0.1:8009'],
    ['IPv6 in brackets', '::1', 8009, '[::1]:8009'],
    ['port 0 is nowhere', '127.0.0.1', 0, 'invalid'],
    ['port 0 of a name, too', 'tomcat', 0, 'invalid'],
    ['a name that nobody has asked for', 'tomcat', 8009, 'unresolved'],
  ]
  for (const [rule, host, port, shown] of rows)
    it(rule, () => assert.equal(new ShownAddresses(() => Promise.reject(new Error())).of(host, port), shown))

  it('of a name: not known, then known, then gone', async () => {
    const { lookUp, answer, fail } = resolver()
    const addresses = new ShownAddresses(lookUp)
    addresses.refresh(['tomcat', '127.0.0.1'])
    assert.equal(addresses.of('tomcat', 8009), 'unresolved')
    const first = addresses.ask('tomcat')
    answer('tomcat', '::1')
    assert.equal(await first, true)
    assert.equal(addresses.of('tomcat', 8009), '[::1]:8009')
    const second = addresses.ask('tomcat')
    assert.equal(addresses.of('tomcat', 8009), '[::1]:8009', 'what was known holds until the next answer')
    fail('tomcat')
    assert.equal(await second, false)
    assert.equal(addresses.of('tomcat', 8009), 'invalid')
  })

  it('a refresh asks for one name after the other, those that are wanted still, in their order', async () => {
    const { lookUp, asked, answer, fail } = resolver()
    const addresses = new ShownAddresses(lookUp)
    addresses.refresh(['a', 'b', 'c', 'd'])
    assert.deepEqual(asked, ['a'])
    addresses.refresh(['a', 'c', 'd'])
    assert.deepEqual(asked, ['a'], 'the first has not been answered')
    answer('a', '127.0.0.1')
    await until('the next is asked for', () => asked.length === 2)
    fail('c')
    await until('the next is asked for', () => asked.length === 3)
    answer('d', '127.0.0.4')
    await until('the next is asked for', () => asked.length === 4)
    assert.deepEqual(asked, ['a', 'c', 'd', 'a'], 'what was asked for meanwhile comes again')
    assert.equal(addresses.of('d', 1), '127.0.0.4:1')
  })

  it('addresses are not looked up, and a name once at a time', () => {
    const { lookUp, asked } = resolver()
    const addresses = new ShownAddresses(lookUp)
    addresses.refresh(['127.0.0.1', '::1', 'tomcat', 'tomcat'])
    addresses.refresh(['tomcat'])
    void addresses.ask('tomcat')
    assert.deepEqual(asked, ['tomcat'])
  })

  it('names that no backend has any more are forgotten', async () => {
    const addresses = new ShownAddresses(() => Promise.resolve('127.0.0.9'))
    await addresses.ask('old')
    assert.equal(addresses.of('old', 1), '127.0.0.9:1')
    addresses.refresh(['new'])
    assert.equal(addresses.of('old', 1), 'unresolved')
  })
})
