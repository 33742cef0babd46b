/** A connection to a backend, whatever it speaks, as its pool knows it; and the pool as the connection knows it. */
import type { Exchange } from './exchange.ts'

export interface BackendConnection {
  /** When it was put back, in `Deadlines.nowMs`. */
  readonly idleSinceMs: number
  /** Takes an exchange: at once when connected and idle, else as soon as it is. */
  carry(exchange: Exchange): void
  /** Asks whether the other end is still there, where the protocol can; it stays idle or reports that it is closed. */
  probe?(): void
  /** Closes at once when idle, else after the exchange under way. */
  close(): void
}

/** What a connection tells the pool that owns it. */
export interface ConnectionOwner {
  /** It can carry the next exchange. */
  connectionIdle(connection: BackendConnection): void
  /** It is gone, by whoever's doing. Called once. */
  connectionClosed(connection: BackendConnection): void
}
