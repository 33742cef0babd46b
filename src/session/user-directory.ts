/** How a `UserIndex` hears of sessions that its node does not know, where the manager's kind has such. */
import type { Session } from './session.ts'

/** Most characters of a user's id. */
export const MAX_USER_CHARS = 1024

/** What an index lets others know. */
export interface IndexedUsers {
  /** What it goes by: indexes of other attributes do not answer for it. */
  readonly attribute: string
  userOf(session: Session<object>): string | undefined
  /** Of those that are here. */
  keysOf(user: string): readonly string[]
}

export interface UserDirectory {
  /** From now on this node answers for its sessions; until what is returned is called. */
  join(index: IndexedUsers): () => void
  /**
   * Keys of sessions that others know to be the user's, or to have been. Rejects where some of them may be missing:
   * SESSION_UNANSWERED, or with a store SESSION_STORE and the like.
   */
  keysOf(attribute: string, user: string): Promise<readonly string[]>
  /**
   * Keys of all sessions, in portions; perhaps some twice, and some that have ended. Absent where nobody can tell. Rejects
   * with SESSION_STORE and the like.
   */
  all?(): AsyncIterable<readonly string[]>
  /** True where such a key's session could not be had, although nothing says that it has ended. */
  lacks(key: string): boolean
}
