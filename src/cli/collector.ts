/** How the garbage collector works in a process that only balances. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 notes where objects come from that live long, and then puts all that come from there among the old at once. The fields
 * of a request come from one place, whether their connection repeats them for hours or they are gone with their answer: when
 * connections that repeat themselves have come first, the fields of all later requests, and what they refer to, wait for a
 * whole collection. 64 connections whose heads differ each time, after a while with heads that repeat: 2.5 MB more among
 * the old every 45 ms, and p99 7.4 ms; without the habit none, and 3.3 ms.
 */
export function keepRequestsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
