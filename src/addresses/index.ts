/**
 * Addresses of peers as people write them in options: which ones only this machine has, and which ones a list means. Rooms
 * that know nothing of each other ask the same questions, and must get the same answers. Nothing is looked up.
 */
export { addressList } from './address-list.ts'
export { isLoopback, LOOPBACK } from './loopback.ts'
export { parseRedisUrl, type RedisAddress, redisUrlProblem } from './redis-url.ts'
