/** The outcome of one message to several members, as one promise. */
import { ClusterError, type FaultyMember } from '../errors.ts'
import { memberName } from '../identity.ts'
import type { Member } from '../member.ts'
import type { Outcome } from './transport.ts'

export class Delivery implements Outcome {
  /** Resolves when every member is settled, or rejects with CLUSTER_SEND when some failed. */
  readonly promise: Promise<void>
  readonly #total: number
  #open: number
  #faulty: FaultyMember[] | undefined
  #resolve!: () => void
  #reject!: (error: ClusterError) => void

  constructor(members: number) {
    this.#total = members
    this.#open = members
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (members === 0) this.#resolve()
  }

  settled(to: Member, failure: ClusterError | undefined): void {
    if (failure !== undefined) {
      this.#faulty ??= []
      this.#faulty.push({ member: to, cause: failure })
    }
    if (--this.#open > 0) return
    if (this.#faulty === undefined) this.#resolve()
    else this.#reject(sendFailure(this.#faulty, this.#total))
  }
}

/** What a send to so many members rejects with when some did not get it. */
export function sendFailure(faulty: readonly FaultyMember[], total: number): ClusterError {
  const whom = faulty.map(({ member, cause }) => `${memberName(member)} (${cause.code}: ${cause.message})`).join(', ')
  const message = `${faulty.length} of ${total} members did not get the message: ${whom}`
  return new ClusterError('CLUSTER_SEND', message, { faulty, cause: faulty[0]?.cause })
}
