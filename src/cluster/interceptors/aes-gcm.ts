/** AES-GCM as both formats of encrypted messages use it (NIST SP 800-38D): 96 bits of nonce, 128 of tag. */
import { createDecipheriv, type KeyObject } from 'node:crypto'

export const NONCE_BYTES = 12
export const TAG_BYTES = 16
export const GCM_OPTIONS = { authTagLength: TAG_BYTES } as const

/** AES-128, AES-192 or AES-256, as long as the key is. */
export function gcmOf(key: KeyObject): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  if (key.symmetricKeySize === 16) return 'aes-128-gcm'
  return key.symmetricKeySize === 24 ? 'aes-192-gcm' : 'aes-256-gcm'
}

/** Undefined when a bit of it is not what the owner of the key wrote; then nothing of it is told. */
export function openGcm(
  key: KeyObject,
  nonce: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
  associated?: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv(gcmOf(key), key, nonce, GCM_OPTIONS)
  if (associated !== undefined) decipher.setAAD(associated)
  decipher.setAuthTag(tag)
  const opened = decipher.update(text)
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return opened
}
