/** Which version of clowder this is. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

let known: string | undefined

export function softwareVersion(): string {
  if (known !== undefined) return known
  const manifest: unknown = JSON.parse(readFileSync(fileURLToPath(import.meta.resolve('clowder/package.json')), 'utf8'))
  known = String((manifest as { version: unknown }).version)
  return known
}
