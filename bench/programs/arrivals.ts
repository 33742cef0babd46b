/**
 * A thread that says when a request arrives: at random times, independent of each other, so many per second on average (a
 * Poisson process). Timers of Node's event loop are too coarse for it: they would bring requests in bursts, in step with
 * the timers of what is measured. Sleeping in `Atomics.wait` is exact to some ten microseconds and costs nothing.
 */
import { parentPort, workerData } from 'node:worker_threads'

export interface Arrivals {
  readonly perSecond: number
  readonly seconds: number
}

const { perSecond, seconds } = workerData as Arrivals
const never = new Int32Array(new SharedArrayBuffer(4))
const end = performance.now() + seconds * 1000
const gapMs = () => (-Math.log(1 - Math.random()) * 1000) / perSecond

for (let next = performance.now() + gapMs(); next < end; next += gapMs()) {
  const waitMs = next - performance.now()
  if (waitMs > 0) Atomics.wait(never, 0, 0, waitMs)
  parentPort!.postMessage(undefined)
}
