/** What is set up, what is done, and what can be seen, on either side. Times are scaled down. */
import type { Scene } from './balancing-stage.ts'

export interface Scenario {
  readonly rule: string
  /** Settings of each member by its letter, blanks between them; `(b)` is the name of member b. */
  readonly members: Readonly<Record<string, string>>
  readonly lb?: string
  /** Of the mount. */
  readonly extensions?: string
  readonly play: (scene: Scene) => Promise<readonly string[]>
  readonly expected: readonly string[]
  /** What mod_jk 1.2.48 does, where clowder differs on purpose; `why` says why (docs/reference/differences.md). */
  readonly modJk?: readonly string[]
  readonly why?: string
}

export const PUT = { method: 'PUT' }
export const POST = { method: 'POST', body: 'a=1' }
