/** What a worker fails with, and what happens next. */

export const workerErrors = {
  WORKER_OPTIONS: { says: 'an option has a value that cannot be used; nothing was started' },
  WORKER_APP_MISSING: { says: 'the app module, or something it imports, cannot be found; nothing was started' },
  WORKER_APP_THREW: { says: 'the app threw while it was loaded or set up; nothing was started' },
  WORKER_APP_SHAPE: { says: 'the app module exports nothing that handles requests; nothing was started' },
  WORKER_LISTEN: { says: 'an address could not be listened on; nothing is left running' },
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
