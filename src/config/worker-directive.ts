/** What a row of the table of worker directives says, and the kinds of values that many rows share. */
import type { EndpointWorkerOptions, LbWorkerOptions, StatusWorkerOptions } from '../balancer/options.ts'
import type { WorkerType } from './worker-types.ts'

/**
 * acts:  the value reaches the option.
 * later: accepted with a warning, clowder does not act on it yet; the option, if there is one, is filled all the same.
 * never: accepted with a warning, it cannot have an effect here (`note` says why).
 * moot:  accepted in silence, what it asks for is always so (`note` says why).
 */
export type Effect = 'acts' | 'later' | 'never' | 'moot'

/** How a value is read (mod_jk.md 1.1, value types). */
export type ValueKind =
  | { readonly is: 'boolean' }
  | {
      readonly is: 'integer'
      /** Smallest and largest; default the 32-bit range. */
      readonly min?: number
      readonly max?: number
      /** A smaller value is raised to `min` with a warning, as mod_jk does; else it is an error. */
      readonly raise?: true
    }
  /** One word out of a few; only the first letter or digit counts. */
  | { readonly is: 'letter'; readonly words: readonly string[]; readonly values: readonly string[] }
  /** Any of these letters, in any case and order; others are passed over. */
  | { readonly is: 'letters'; readonly known: string }
  | { readonly is: 'text'; readonly limited?: true }
  | { readonly is: 'host' }
  | { readonly is: 'names' }
  | { readonly is: 'statuses' }

export interface WorkerDirective {
  /** As written behind `worker.NAME.`; global ones behind `worker.`. */
  readonly name: string
  /** Types of worker it is for; `global` stands for `worker.NAME` itself. */
  readonly on: readonly (WorkerType | 'global')[]
  readonly kind: ValueKind
  /** For people. */
  readonly default: string
  /** Of the value in the file; options are in milliseconds. */
  readonly unit?: 's' | 'ms' | 'bytes'
  readonly option?: keyof EndpointWorkerOptions | keyof LbWorkerOptions | keyof StatusWorkerOptions | 'maintainMs'
  readonly effect: Effect
  /** Values of a second line are appended (mod_jk.md 1.1, duplicate names); else the last line counts. */
  readonly list?: true
  /** An old name of this directive, used where the new one is absent. */
  readonly aliasOf?: string
  /** Read by code of its own, not by the general rule. */
  readonly special?: true
  readonly note?: string
  /** Clowder's own; all others are mod_jk's. */
  readonly clowder?: true
}

export const endpoint = ['http', 'https', 'ajp13'] as const
export const ajp = ['ajp13'] as const
export const lb = ['lb'] as const
export const status = ['status'] as const
export const any = ['http', 'https', 'ajp13', 'lb', 'status'] as const

export const boolean: ValueKind = { is: 'boolean' }
export const text: ValueKind = { is: 'text' }
export const name: ValueKind = { is: 'text', limited: true }
export const names: ValueKind = { is: 'names' }
export const count: ValueKind = { is: 'integer', min: 0, raise: true }
export const atLeastOne: ValueKind = { is: 'integer', min: 1, raise: true }
