/** What a worker fails with, and what happens next. */

export const workerErrors = {
  WORKER_OPTIONS: {
    says: 'the options contradict each other or have a value that cannot be used; nothing was started',
    next: 'correct every problem in the list',
  },
  WORKER_APP_MISSING: {
    says: 'the app module, or something it imports, cannot be found; nothing was started',
    next: 'correct the path, or install what the app needs',
  },
  WORKER_APP_THREW: {
    says: 'the app threw while it was loaded or set up; nothing was started',
    next: 'look at the place that the message names',
  },
  WORKER_APP_SHAPE: {
    says: 'the app module exports nothing that handles requests; nothing was started',
    next: 'export a function (request, response), an Express app, or a set-up function that returns one',
  },
  WORKER_STORE_CLIENT: {
    says: 'the package that speaks to the store of the sessions is not installed; nothing was started',
    next: 'run `npm install redis` where clowder is installed',
  },
  WORKER_LISTEN: {
    says: 'an address could not be listened on; nothing is left running',
    next: 'stop what listens there, or choose another port',
  },
} as const

export type WorkerErrorCode = keyof typeof workerErrors

export class WorkerError extends Error {
  readonly code: WorkerErrorCode

  constructor(code: WorkerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'WorkerError'
    this.code = code
  }
}
