/**
 * Every way in which the balancer can fail, in one table: what the client is told, whether the request may be sent
 * once more, what the failure says about the member, and what an operator can do. Whether a retry really happens is
 * decided in `retry.ts`; how a member's state changes in `member-state.ts`.
 */
import { frontErrors } from './front/front-errors.ts'

/**
 * May the same request be sent again, as far as this failure alone is concerned?
 * `any`: nothing was executed. `idempotent`: it may have been executed. `never`: it cannot be done again.
 */
export type RetryClass = 'any' | 'idempotent' | 'never'

/** What a finished request says about the member that served it: the rows of mod_jk.md 4.7, and one of our own. */
export type Outcome =
  | 'ok'
  /** The client broke off or its body failed; the member is well. */
  | 'client-error'
  /** Our own fault; the member keeps its state. */
  | 'server-error'
  /** The reply was malformed; the member keeps its state. */
  | 'protocol-error'
  /** A `fail_on_status` code written as a negative number; the member is well. */
  | 'status-error'
  /** A `fail_on_status` code; the member goes to error. */
  | 'status-fatal'
  /** `busy_limit` reached, or no free connection. */
  | 'busy'
  | 'reply-timeout'
  /** Connecting, sending or reading failed. */
  | 'comm-failure'
  /** Says nothing against the member: an idle connection had ended, or an application is at fault. Not in mod_jk. */
  | 'unblamed'

export interface FailureRow {
  /** HTTP status for the client when no further attempt is made. */
  readonly status: number
  readonly retry: RetryClass
  readonly outcome: Outcome
  readonly says: string
  readonly next: string
}

export const balancerErrors = {
  // ---- before anything is served ----
  BALANCER_OPTIONS: {
    status: 500,
    retry: 'never',
    outcome: 'unblamed',
    says: 'the options contradict each other or are out of range; nothing was started',
    next: 'correct every problem in the list',
  },
  BALANCER_LISTEN: {
    status: 500,
    retry: 'never',
    outcome: 'unblamed',
    says: 'an address could not be listened on; nothing was started',
    next: 'choose a free address, or stop the program that holds it',
  },
  BALANCER_STOPPED: {
    status: 500,
    retry: 'never',
    outcome: 'unblamed',
    says: 'the balancer was stopped and does not start again',
    next: 'create a new one',
  },

  // ---- nothing of the request has reached a worker ----
  LB_CONNECT_REFUSED: {
    status: 503,
    retry: 'any',
    outcome: 'comm-failure',
    says: 'the worker refused the connection',
    next: 'start the worker, or correct its host and port',
  },
  LB_CONNECT_TIMEOUT: {
    status: 503,
    retry: 'any',
    outcome: 'comm-failure',
    says: 'the worker did not accept the connection in time',
    next: 'look for a firewall or an overloaded worker; the limit is socket_connect_timeout',
  },
  LB_CONNECT_FAILED: {
    status: 503,
    retry: 'any',
    outcome: 'comm-failure',
    says: 'the worker could not be reached',
    next: 'check its host name, the network and the source address',
  },
  LB_NO_CPONG: {
    status: 503,
    retry: 'any',
    outcome: 'comm-failure',
    says: 'the worker took the connection but did not answer CPing',
    next: 'look for a worker without free threads; the limits are connect_timeout, prepost_timeout and ping_timeout',
  },
  LB_CONTACT_DISABLED: {
    status: 503,
    retry: 'any',
    outcome: 'comm-failure',
    says: 'the worker has port 0: it is provisioned but not to be contacted',
    next: 'give it a port',
  },
  LB_BUSY: {
    status: 503,
    retry: 'any',
    outcome: 'busy',
    says: 'the worker has as many requests in flight as its busy_limit allows',
    next: 'add workers, or raise busy_limit',
  },
  LB_POOL_TIMEOUT: {
    status: 503,
    retry: 'any',
    outcome: 'busy',
    says: 'no connection to the worker became free in time',
    next: 'raise connection_pool_size or connection_acquire_timeout',
  },
  LB_NO_WORKER: {
    status: 503,
    retry: 'any',
    outcome: 'unblamed',
    says: 'no member of the balancer can take this request',
    next: 'look at the member states in jk-status',
  },
  LB_UNKNOWN_WORKER: {
    status: 500,
    retry: 'never',
    outcome: 'unblamed',
    says: 'the rule for this path names a worker that is not in the worker list',
    next: 'correct the rule, or add the worker to worker.list',
  },

  // ---- the request cannot be said in the protocol of the worker ----
  LB_REQUEST_UNFIT: {
    status: 400,
    retry: 'never',
    outcome: 'client-error',
    says: 'the request holds something that AJP/1.3 cannot say, or that Tomcat refuses',
    next: 'correct the client',
  },
  LB_TARGET_TOO_LONG: {
    status: 414,
    retry: 'never',
    outcome: 'client-error',
    says: 'the request target does not fit into a packet of the worker',
    next: 'raise max_packet_size here and packetSize in Tomcat',
  },
  LB_REQUEST_TOO_LARGE: {
    status: 431,
    retry: 'never',
    outcome: 'client-error',
    says: 'the request head does not fit into a packet of the worker',
    next: 'raise max_packet_size here and packetSize in Tomcat',
  },
  LB_TOO_MANY_FIELDS: {
    status: 431,
    retry: 'never',
    outcome: 'client-error',
    says: 'the request head has more fields than the worker takes',
    next: 'raise max_header_count here and maxHeaderCount in Tomcat',
  },

  // ---- the request may have been executed ----
  LB_SEND_FAILED: {
    status: 503,
    retry: 'idempotent',
    outcome: 'comm-failure',
    says: 'the connection broke while the request was being sent',
    next: 'look into the log of the worker',
  },
  LB_SEND_TIMEOUT: {
    status: 503,
    retry: 'idempotent',
    outcome: 'comm-failure',
    says: 'the worker did not take the request in time',
    next: 'look for an overloaded worker; the limit is socket_timeout',
  },
  LB_REPLY_TIMEOUT: {
    status: 504,
    retry: 'idempotent',
    outcome: 'reply-timeout',
    says: 'the worker did not answer in time',
    next: 'look for a slow worker, or raise reply_timeout',
  },
  LB_SOCKET_TIMEOUT: {
    status: 502,
    retry: 'idempotent',
    outcome: 'comm-failure',
    says: 'nothing was read from the worker for as long as socket_timeout',
    next: 'look for a slow worker, or raise socket_timeout',
  },
  LB_REPLY_CUT: {
    status: 502,
    retry: 'idempotent',
    outcome: 'comm-failure',
    says: 'the connection ended before the reply did',
    next: 'look into the log of the worker',
  },
  LB_REPLY_SHORT: {
    status: 502,
    retry: 'never',
    outcome: 'unblamed',
    says: 'the application ended its reply before the length that it had announced; a client that has a part of it is cut off',
    next: 'correct the application: its Content-Length is not that of its body',
  },
  LB_REPLY_MALFORMED: {
    status: 502,
    retry: 'idempotent',
    outcome: 'protocol-error',
    says: 'the reply breaks the rules of its protocol',
    next: 'check that host and port belong to a worker of this type',
  },
  LB_REPLY_TOO_LARGE: {
    status: 502,
    retry: 'idempotent',
    outcome: 'protocol-error',
    says: 'the head of the reply is over its limit',
    next: 'look for runaway response headers',
  },
  LB_REPLY_ILLEGAL: {
    status: 502,
    retry: 'idempotent',
    outcome: 'comm-failure',
    says: 'the reply holds a well-formed message that does not belong there',
    next: 'check that host and port belong to a worker of this type',
  },
  LB_STATUS_ERROR: {
    status: 503,
    retry: 'idempotent',
    outcome: 'status-error',
    says: 'the worker answered with a status that fail_on_status lists as negative',
    next: 'look into the log of the worker',
  },
  LB_STATUS_FATAL: {
    status: 503,
    retry: 'idempotent',
    outcome: 'status-fatal',
    says: 'the worker answered with a status that fail_on_status lists',
    next: 'look into the log of the worker',
  },

  // ---- too late for another attempt ----
  LB_REPLY_CUT_LATE: {
    status: 502,
    retry: 'never',
    outcome: 'comm-failure',
    says: 'the reply ended early after a part of it had gone to the client, who is cut off too',
    next: 'look into the log of the worker',
  },
  LB_REPLY_STALLED: {
    status: 504,
    retry: 'never',
    outcome: 'reply-timeout',
    says: 'the reply stood still after a part of it had gone to the client, who is cut off too',
    next: 'look for a slow worker, or raise reply_timeout',
  },
  LB_CLIENT_GONE: {
    status: 400,
    retry: 'never',
    outcome: 'client-error',
    says: 'the client went away before its answer was complete',
    next: 'nothing',
  },
  LB_INTERNAL: {
    status: 500,
    retry: 'never',
    outcome: 'server-error',
    says: 'the balancer itself failed at a request; this is a fault in clowder, and all other requests go on',
    next: 'report it with the stack that stands in the log',
  },

  // ---- what the front refuses by itself ----
  ...frontErrors,
} as const satisfies Readonly<Record<string, FailureRow>>

export type BalancerErrorCode = keyof typeof balancerErrors

/** After a part of the answer has gone to the client, the same failure means something else to it. */
export function lateCode(code: BalancerErrorCode): BalancerErrorCode {
  if (code === 'LB_REPLY_CUT') return 'LB_REPLY_CUT_LATE'
  return code === 'LB_REPLY_TIMEOUT' ? 'LB_REPLY_STALLED' : code
}

export interface BalancerErrorFacts {
  /** What exactly, in words; appended to what the code says. */
  readonly fact?: string
  /** Every problem that was found, one sentence each. */
  readonly problems?: readonly string[]
  readonly cause?: unknown
}

/** Thrown by this room. Match on `code`; the table above says the rest. */
export class BalancerError extends Error {
  readonly code: BalancerErrorCode
  readonly status: number
  readonly problems: readonly string[]

  constructor(code: BalancerErrorCode, { fact, problems = [], cause }: BalancerErrorFacts = {}) {
    const says = fact === undefined ? balancerErrors[code].says : `${balancerErrors[code].says}: ${fact}`
    const message = [says, ...problems.map((problem) => `  - ${problem}`)].join('\n')
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BalancerError'
    this.code = code
    this.status = balancerErrors[code].status
    this.problems = problems
  }
}
