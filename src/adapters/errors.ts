/** What can go wrong between HTTP and sessions. Errors of the sessions themselves are the session room's. */

export const adapterErrors = {
  ADAPTER_OPTIONS: {
    says: 'the options of the session middleware contradict each other or are out of range',
    next: 'correct every problem in the list',
  },
  ADAPTER_NO_SERVER: {
    says: "the framework did not hand over Node's request and response, which sessions need",
    next: 'run the app on node:http, for Hono with @hono/node-server; app.request() alone has no cookies to set',
  },
} as const

export type AdapterErrorCode = keyof typeof adapterErrors

export class AdapterError extends Error {
  override readonly name = 'AdapterError'
  readonly code: AdapterErrorCode

  constructor(code: AdapterErrorCode, fact: string) {
    super(fact)
    this.code = code
  }
}
