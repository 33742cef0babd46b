/** One message to several members as one send for each, for layers that make a different message for each of them. */
import type { ClusterError } from '../errors.ts'
import type { Member } from '../member.ts'
import { Delivery } from '../transport/delivery.ts'
import type { OutgoingMessage, SendNext } from './interceptor.ts'
import { sendCause } from './send-cause.ts'

/** Settles when all have; rejects with CLUSTER_SEND and one cause per member that did not get it. */
export function sendToEach(
  message: OutgoingMessage,
  next: SendNext,
  bodyFor: (to: Member) => Uint8Array,
): Promise<void> {
  const { to } = message
  if (to.length === 1) return next({ ...message, body: bodyFor(to[0]!) })
  const delivery = new Delivery(to.length)
  for (const member of to) {
    next({ ...message, to: [member], body: bodyFor(member) }).then(
      () => delivery.settled(member, undefined),
      (error) => delivery.settled(member, causeFor(error)),
    )
  }
  return delivery.promise
}

/** The failure below is about this member alone. */
function causeFor(error: unknown): ClusterError {
  const cause = sendCause(error)
  return cause.faulty[0]?.cause ?? cause
}
