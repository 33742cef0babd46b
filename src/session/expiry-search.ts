/**
 * Looks through all sessions, a slice at a time, for what is over: sessions that nobody has used for long enough, and copies
 * that are here without need. On the way it counts who serves which, and tells who wants to know the idlest. What it means
 * that a session ends is the manager's business; when one does, that of `expiry.ts`.
 */
import { type ExpiryRole, ExpiryScan, expiryDuty, stricter } from './expiry.ts'
import type { IdlestSessions } from './idlest-sessions.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Replica } from './replica.ts'
import type { Replication } from './replication.ts'
import type { Session } from './session.ts'
import type { RoleCounts } from './snapshot.ts'

const ROLE_COUNT = { owner: 'owned', copy: 'copies', heir: 'orphans' } as const satisfies Record<
  ExpiryRole,
  keyof RoleCounts
>

function noRoles(): { -readonly [R in keyof RoleCounts]: number } {
  return { owned: 0, copies: 0, orphans: 0 }
}

export class ExpirySearch {
  /** Copies dropped because nobody said any more that the session is in use. */
  forgotten = 0
  readonly #options: ResolvedSessionOptions
  readonly #replica: Replica
  readonly #replication: Replication
  readonly #expire: (session: Session) => void
  readonly #idlest: IdlestSessions | undefined
  readonly #scan: ExpiryScan
  #roles = noRoles()
  #counting = noRoles()

  constructor(
    options: ResolvedSessionOptions,
    replica: Replica,
    replication: Replication,
    expire: (session: Session) => void,
    idlest: IdlestSessions | undefined,
  ) {
    this.#options = options
    this.#replica = replica
    this.#replication = replication
    this.#expire = expire
    this.#idlest = idlest
    this.#scan = new ExpiryScan(replica.sessions)
  }

  /** As the last complete search has found them. */
  get roles(): RoleCounts {
    return { ...this.#roles }
  }

  slice(now: number): void {
    const isComplete = this.#scan.slice((session) => this.#look(session, now))
    if (!isComplete) return
    this.#idlest?.searched()
    this.#roles = this.#counting
    this.#counting = noRoles()
  }

  #look(session: Session, now: number): void {
    const role = this.#replication.role(session)
    this.#counting[ROLE_COUNT[role]]++
    const duty = stricter(
      expiryDuty(role, now - session.touchedAt, session.maxInactiveMs, this.#options),
      expiryDuty(role, now - session.bornAt, this.#options.maxLifetimeMs, this.#options),
    )
    if (duty === 'expire') this.#expire(session)
    else if (duty === 'forget') {
      this.#replica.forget(session)
      this.forgotten++
    } else if (this.#replication.isSpare(session, now)) this.#replica.release(session)
    else if (role !== 'copy') this.#idlest?.offer(session)
  }
}
