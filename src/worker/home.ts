/**
 * How code that the app imports finds the worker it runs in. An app may import another copy of clowder than the one that
 * runs it (its own node_modules, a link), so this is no module variable but a place that all copies know by name:
 *
 *   globalThis[Symbol.for('clowder.worker')]: { name, route, sessions }
 *
 * The keys are only ever added to. A worker takes the place before it loads its app and leaves it when it has stopped. A
 * process that runs several workers should hand each its app as a set-up function, which is told its worker: the place
 * belongs to whoever took it last.
 */
import type { WorkerContext } from './worker-options.ts'

const PLACE = Symbol.for('clowder.worker')

type Global = typeof globalThis & { [PLACE]?: WorkerContext | undefined }

/** Takes the place; the function that is returned leaves it, unless another worker has taken it since. */
export function takeHome(context: WorkerContext): () => void {
  const global = globalThis as Global
  global[PLACE] = context
  return () => {
    if (global[PLACE] === context) delete global[PLACE]
  }
}

/** The worker of this process, if there is one. */
export function findHome(): WorkerContext | undefined {
  return (globalThis as Global)[PLACE]
}
