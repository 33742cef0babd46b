/** One piece of traffic: what the client sends and does, and what the application is to answer. */
import type { Stage } from './stage.ts'

export const HOST = 'shop.example'

export interface Body {
  readonly bytes: number
  readonly framing: 'length' | 'chunked'
}

export interface Case {
  /** Says the rule; unique. */
  readonly name: string
  readonly method?: string
  /** Default `/probe/NUMBER`. */
  readonly target?: string
  /** Lines, in order, without Host, which comes first. */
  readonly fields?: readonly string[]
  /** Default {@link HOST}; null for none. */
  readonly host?: string | null
  readonly version?: string
  readonly body?: Body
  /** The application's steps (node-app.ts). */
  readonly answer?: string
  readonly tls?: boolean
  /** Only httpd can play it. */
  readonly needsHttpd?: boolean
  /** Instead of sending all and reading all. */
  readonly act?: (stage: Stage) => Promise<void>
}
