/**
 * The balancing methods of `worker.NAME.method`. Each says how a member's lb value grows and fades; the smallest value
 * is chosen next. Adding one means a file here and a name in the options.
 */
import type { LbMethod } from '../options.ts'
import { busyness } from './busyness.ts'
import { next } from './next.ts'
import type { Policy } from './policy.ts'
import { request } from './request.ts'
import { session } from './session.ts'
import { traffic } from './traffic.ts'

export { lbMults } from './lb-mult.ts'
export type { Policy } from './policy.ts'

export const policies: Readonly<Record<LbMethod, Policy>> = { request, traffic, busyness, session, next }
