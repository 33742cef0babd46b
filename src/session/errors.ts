/** Every way in which the session room can fail: what happened, and what the reader of the message can do about it. */

export const sessionErrors = {
  SESSION_OPTIONS: {
    says: 'the options contradict each other or are out of range; nothing was started',
    next: 'correct every problem in the list',
  },
  SESSION_VALUE: {
    says: 'a value cannot be copied to other nodes: it holds a function, a symbol, a class instance or an object bound to this process',
    next: 'store plain data: numbers, texts, arrays, plain objects, Date, Map, Set, BigInt, Buffer; keep the rest elsewhere under an id',
  },
  SESSION_VALUE_UNREADABLE: {
    says: 'the bytes of a replicated value could not be read',
    next: 'run the same major version of Node.js on all nodes; set the attribute anew',
  },
  SESSION_NAME: {
    says: 'an attribute name is empty, too long or reserved',
    next: 'use a short name that does not begin with a NUL character',
  },
  SESSION_ATTRIBUTE_TOO_LARGE: {
    says: 'one value is larger than limits.attributeBytes',
    next: 'keep large data elsewhere and its key in the session, or raise the limit on all nodes',
  },
  SESSION_TOO_LARGE: {
    says: 'the session would be larger than limits.sessionBytes or hold more than limits.attributes',
    next: 'remove what is no longer needed, or raise the limit on all nodes',
  },
  SESSION_TOO_MANY: {
    says: 'this node holds limits.sessions sessions; no new one was created',
    next: 'raise the limit, shorten maxInactiveIntervalMs, or set `whenFull: end-idlest`',
    status: 503,
  },
  SESSION_GONE: {
    says: 'the session was destroyed or has expired',
    next: 'let the user start a new one',
  },
  SESSION_MESSAGE: {
    says: 'a message of another node could not be read and was refused whole',
    next: 'run the same version of clowder on all nodes; check that nobody else can reach the channel',
  },
  SESSION_STORE: {
    says: 'the store of a persistent manager cannot be reached, or has refused a command',
    next: 'look at the cause; see that the store runs and takes writes; `whenStoreFails` says what requests do meanwhile',
    status: 503,
  },
  SESSION_STORE_TIMEOUT: {
    says: 'the store of a persistent manager has not answered within storeTimeoutMs; what was asked may have been done all the same',
    next: 'see what keeps the store or the network busy, or raise storeTimeoutMs',
    status: 503,
  },
  SESSION_STORE_BUSY: {
    says: 'limits.storeCalls calls of the store wait for their answers; no other was made',
    next: 'see what keeps the store busy, or raise the limit',
    status: 503,
  },
  SESSION_MINORITY: {
    says: 'fewer members are in view than the quorum of the channel, and the manager refuses to serve a minority',
    next: 'see what cuts this node off; it serves again by itself; `whenMinority: serve` lets minorities go on',
    status: 503,
  },
  SESSION_UNANSWERED: {
    says: 'too many other nodes did not say which sessions belong to a user, so the answer would lack some',
    next: 'make the same UserIndex on all nodes before they serve; see that all nodes are well, and ask again',
    status: 503,
  },
  SESSION_STATE: {
    says: 'a manager or a session is not in the state that the call needs',
    next: 'start the manager once, before its first use, and do not use it after stop',
  },
} as const

export type SessionErrorCode = keyof typeof sessionErrors

export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly code: SessionErrorCode
  /** The HTTP status of an answer to a request that fails with this; frameworks look for it here. */
  readonly status: number
  /** The attribute that the error is about, where there is one. */
  readonly attribute: string | undefined
  /** Where in the attribute, as in `cart.items[2].price`. */
  readonly path: string | undefined

  constructor(code: SessionErrorCode, fact: string, more: { attribute?: string; path?: string; cause?: unknown } = {}) {
    super(
      `${fact}. ${capital(sessionErrors[code].next)}.`,
      more.cause === undefined ? undefined : { cause: more.cause },
    )
    this.code = code
    const entry = sessionErrors[code]
    this.status = 'status' in entry ? entry.status : 500
    this.attribute = more.attribute
    this.path = more.path
  }
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}
