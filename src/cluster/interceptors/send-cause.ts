/** What a send failed with, as an error of this room: layers of the program may fail with anything. */
import { ClusterError } from '../errors.ts'

export function sendCause(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error
  return new ClusterError('CLUSTER_SEND', 'a layer below failed', { cause: error })
}
