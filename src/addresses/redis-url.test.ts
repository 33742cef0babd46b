import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRedisUrl, type RedisAddress, redisUrlProblem } from './redis-url.ts'

const PLAIN: RedisAddress = {
  host: 'h',
  port: 6379,
  tls: false,
  username: undefined,
  password: undefined,
  database: 0,
}

describe('addresses of Redis', () => {
  const good: readonly [rule: string, text: string, read: Partial<RedisAddress>][] = [
    ['a host is enough', 'redis://h', {}],
    ['a slash at the end is nothing', 'redis://h/', {}],
    ['port and database', 'redis://h:7000/2', { port: 7000, database: 2 }],
    ['with TLS', 'rediss://h', { tls: true }],
    ['as Valkey writes it', 'valkey://h', {}],
    ['as Valkey writes it, with TLS', 'valkeys://h', { tls: true }],
    ['a password alone', 'redis://:p@h', { password: 'p' }],
    ['user and password, escaped', 'redis://a%40b:p%2F%3a@h', { username: 'a@b', password: 'p/:' }],
    ['an address of IPv6', 'redis://[::1]:1', { host: '::1', port: 1 }],
    ['a socket’s port is what is written', 'redis://127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ]
  for (const [rule, text, read] of good) it(rule, () => assert.deepEqual(parseRedisUrl(text), { ...PLAIN, ...read }))

  const bad: readonly [rule: string, text: string, problem: RegExp][] = [
    ['another scheme', 'http://:secret@h', /begin with redis/],
    ['a word that every object has', 'constructor://:secret@h', /begin with redis/],
    ['no scheme', 'secret@h:6379', /begin with redis/],
    ['no host', 'redis://:secret@', /no address|no host/],
    ['a port that is none', 'redis://:secret@h:66666', /no address/],
    ['a password with a slash', 'redis://:secret/x@h', /no address/],
    ['a password with a number sign', 'redis://h#:secret@', /write %3F or %23/],
    ['a question', 'redis://:secret@h?db=1', /\? or #/],
    ['a name of a database', 'redis://:secret@h/main', /number of a database/],
    ['a broken escape', 'redis://:secret%@h', /two hexadecimal/],
    ['empty', '', /begin with redis/],
  ]
  for (const [rule, text, problem] of bad)
    it(`refuses, and does not show: ${rule}`, () => {
      const read = parseRedisUrl(text)
      assert.ok('problem' in read)
      assert.match(read.problem, problem)
      assert.doesNotMatch(read.problem, /secret/)
    })

  it('have a database other than 0 on one server only', () => {
    assert.equal(redisUrlProblem('redis://h/1', false), undefined)
    assert.equal(redisUrlProblem('redis://h/0', true), undefined)
    assert.match(redisUrlProblem('redis://h/1', true) ?? '', /only 0/)
  })
})
