/** What the two formats of encrypted messages have in common. */
import type { KeyObject } from 'node:crypto'
import type { Member } from '../member.ts'
import type { IncomingMessage, OutgoingMessage } from './interceptor.ts'

/** AES-GCM: 96 bits of nonce, 128 of tag (NIST SP 800-38D). */
export const NONCE_BYTES = 12
export const TAG_BYTES = 16

export interface Cipher {
  /** A body is meant for one member and no other, so each destination gets its own. */
  readonly perDestination: boolean
  /** Notifications and probes are encrypted, too. */
  readonly coversControl: boolean
  /** The body as it goes over the wire. */
  seal(message: OutgoingMessage, to: Member): Buffer
  /**
   * The body as it was given to `seal`.
   *
   * @throws ClusterError CLUSTER_DECRYPT, CLUSTER_REPLAYED or CLUSTER_STALE
   */
  open(message: IncomingMessage): Buffer
  /** The first one seals, each of them opens. */
  setKeys(keys: readonly KeyObject[]): void
}

export function aesOf(key: KeyObject): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  if (key.symmetricKeySize === 16) return 'aes-128-gcm'
  return key.symmetricKeySize === 24 ? 'aes-192-gcm' : 'aes-256-gcm'
}
