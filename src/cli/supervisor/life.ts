/**
 * The life of a supervised process, and what follows from each event. Pure: `supervised-process.ts` carries it out.
 *
 *   starting ──ready──> serving ──exit──> resting ──rested──> starting
 *      │ exit before it ever served: ended (its configuration is wrong, a restart would not help)
 *      └ exit later on: resting           stop, anywhere: stopping ──exit──> ended
 */
import { backOff } from './back-off.ts'

export type Phase = 'starting' | 'serving' | 'resting' | 'stopping' | 'ended'

export interface Life {
  readonly phase: Phase
  /** It has been ready at least once. */
  readonly hasServed: boolean
  /** Ends in a row that nobody asked for. */
  readonly failures: number
}

export type LifeEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'exit'; readonly ranMs: number; readonly random: number }
  | { readonly type: 'rested' }
  | { readonly type: 'stop' }

export type Effect =
  | { readonly do: 'nothing' }
  | { readonly do: 'spawn' }
  | { readonly do: 'announce' }
  | { readonly do: 'rest'; readonly ms: number }
  | { readonly do: 'give-up' }
  | { readonly do: 'terminate' }
  | { readonly do: 'finish' }

export interface Step {
  readonly life: Life
  readonly effect: Effect
}

/** A process that is being spawned for the first time. */
export const BORN: Life = { phase: 'starting', hasServed: false, failures: 0 }

export function next(life: Life, event: LifeEvent): Step {
  switch (event.type) {
    case 'ready':
      if (life.phase !== 'starting') return stay(life)
      return { life: { ...life, phase: 'serving', hasServed: true }, effect: { do: 'announce' } }
    case 'exit':
      return afterExit(life, event.ranMs, event.random)
    case 'rested':
      if (life.phase !== 'resting') return stay(life)
      return { life: { ...life, phase: 'starting' }, effect: { do: 'spawn' } }
    case 'stop':
      if (life.phase === 'stopping' || life.phase === 'ended') return stay(life)
      if (life.phase === 'resting') return { life: { ...life, phase: 'ended' }, effect: { do: 'finish' } }
      return { life: { ...life, phase: 'stopping' }, effect: { do: 'terminate' } }
  }
}

function afterExit(life: Life, ranMs: number, random: number): Step {
  switch (life.phase) {
    case 'stopping':
      return { life: { ...life, phase: 'ended' }, effect: { do: 'finish' } }
    case 'resting':
    case 'ended':
      return stay(life)
    case 'starting':
    case 'serving': {
      if (!life.hasServed) return { life: { ...life, phase: 'ended' }, effect: { do: 'give-up' } }
      const { failures, delayMs } = backOff(life.failures, ranMs, random)
      return { life: { ...life, phase: 'resting', failures }, effect: { do: 'rest', ms: delayMs } }
    }
  }
}

function stay(life: Life): Step {
  return { life, effect: { do: 'nothing' } }
}
