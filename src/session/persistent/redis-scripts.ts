/**
 * The steps of `redis-store.ts` as Lua scripts, each of which Redis runs without anything in between. A session is one key,
 * so a step needs no other slot of a cluster, and its hash holds:
 *
 *   c   created, ms of Redis' clock          n   how many writes it has had
 *   t   last access, the same                a…  attribute, see `stored-field.ts`
 *
 * and when it has ended, until that is forgotten:
 *
 *   x   `d` destroyed, `m` and the key it has now        t   since when
 *
 * Times are whole ms as decimal text. Versions are compared byte by byte, not with `<`, which follows the server's locale.
 */

const CLOCK = `
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function ms(n) return string.format('%.0f', n) end
`

/** What a step answers about a session that has ended: the mark and its age; nothing if there is no session. */
const ENDED = `
local function ended(key, at)
  local x = redis.call('HMGET', key, 'x', 't', 'c')
  if x[1] then return {x[1], ms(math.max(0, at - tonumber(x[2])))} end
  if not x[3] then return {''} end
end
local function bury(key, mark, at, forMs)
  redis.call('DEL', key)
  redis.call('HSET', key, 'x', mark, 't', ms(at))
  redis.call('PEXPIRE', key, forMs)
end
`

/** ARGV idle ms, lifetime ms; 0 = no end. */
const LAPSE = `
local function lapse(key, at, idle, lifetime)
  local left = -1
  if idle > 0 then left = idle end
  if lifetime > 0 then
    local life = tonumber(redis.call('HGET', key, 'c')) + lifetime - at
    if left < 0 or life < left then left = math.max(life, 1) end
  end
  if left < 0 then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, ms(left)) end
end
`

/** A removal younger than this may still have to beat a write that is on its way. */
const FORGET_REMOVALS_MS = 60_000

/** -> [now, fields and values…] */
export const READ = `${CLOCK}
local all = redis.call('HGETALL', KEYS[1])
return {ms(now()), all}
`

/**
 * ARGV: create 0/1, age ms, idle ms, lifetime ms, max fields, then name and field of each attribute.
 * -> `+` or what `ended` says. The first byte after version and node is 1 for a removal.
 */
export const WRITE = `${CLOCK}${ENDED}${LAPSE}
local function later(a, b)
  for i = 1, 16 do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return false
end
local key, at = KEYS[1], now()
local over = ended(key, at)
if over then
  if over[1] ~= '' or ARGV[1] ~= '1' then return over end
  redis.call('HSET', key, 'c', ms(at - tonumber(ARGV[2])))
end
for i = 6, #ARGV, 2 do
  local known = redis.call('HGET', key, ARGV[i])
  if not known or later(ARGV[i + 1], known) then redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
end
if redis.call('HLEN', key) > tonumber(ARGV[5]) + 3 then
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local field = all[i + 1]
    if string.sub(all[i], 1, 1) == 'a' and string.byte(field, 17) == 1 then
      local time = 0
      for b = 1, 6 do time = time * 256 + string.byte(field, b) end
      if at - time > ${FORGET_REMOVALS_MS} then redis.call('HDEL', key, all[i]) end
    end
  end
end
redis.call('HSET', key, 't', ms(at))
redis.call('HINCRBY', key, 'n', 1)
lapse(key, at, tonumber(ARGV[3]), tonumber(ARGV[4]))
return {'+'}
`

/** ARGV: idle ms, lifetime ms. */
export const TOUCH = `${CLOCK}${ENDED}${LAPSE}
local key, at = KEYS[1], now()
local over = ended(key, at)
if over then return over end
redis.call('HSET', key, 't', ms(at))
lapse(key, at, tonumber(ARGV[1]), tonumber(ARGV[2]))
return {'+'}
`

/** ARGV: remember ms. A session that has moved is to be destroyed where it is; its mark stays. */
export const DESTROY = `${CLOCK}${ENDED}
local key, at = KEYS[1], now()
local over = ended(key, at)
if over and string.sub(over[1], 1, 1) == 'm' then return over end
bury(key, 'd', at, ARGV[1])
return {'+'}
`

/** ARGV: the new key, remember ms, writes (empty: in any case). -> as WRITE, or as READ if it was written to. */
export const LEAVE = `${CLOCK}${ENDED}
local key, at = KEYS[1], now()
local over = ended(key, at)
if over then return over end
if ARGV[3] ~= '' and redis.call('HGET', key, 'n') ~= ARGV[3] then
  return {ms(at), redis.call('HGETALL', key)}
end
bury(key, 'm' .. ARGV[1], at, ARGV[2])
return {'+'}
`

/**
 * The sessions of one user: a sorted set of keys by when their claims lapse. ARGV: session's key, for ms (0 = for good).
 * The set itself lapses with its last claim.
 */
export const CLAIM = `${CLOCK}
local at, forMs = now(), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms(at))
redis.call('ZADD', KEYS[1], forMs > 0 and ms(at + forMs) or '+inf', ARGV[1])
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if last == math.huge then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIREAT', KEYS[1], ms(last)) end
return 1
`

/** ARGV: max. -> the keys whose claims lapse last. */
export const CLAIMED = `${CLOCK}
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. ms(now()), 'LIMIT', 0, tonumber(ARGV[1]))
`
