/**
 * One process that is kept alive: spawned, watched, started again after a rest when it ends, stopped on request.
 * What follows from what is decided in `life.ts`; here it is carried out and told.
 */
import type { Clock, TimerHandle } from '../../clock/clock.ts'
import { parseReadyLine, type ReadyLine } from '../ready-line.ts'
import type { Child, ChildEnd, SpawnChild } from './child.ts'
import { BORN, type Effect, type Life, type LifeEvent, next } from './life.ts'

/** A process that is not ready by then is killed, and its start has failed. More than a full state transfer may take. */
export const START_LIMIT_MS = 90_000

export interface Supervision {
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly random: () => number
  /** Gets every line that the process prints. */
  readonly output: (name: string, stream: 'out' | 'err', text: string) => void
  /** Gets what the supervisor itself has to say, a line at a time. */
  readonly report: (line: string) => void
}

/** A process ended before it ever served. */
export class NeverServedError extends Error {
  readonly end: ChildEnd
  /** It has said why on its error stream. */
  readonly hasSaidWhy: boolean

  constructor(name: string, end: ChildEnd, hasSaidWhy: boolean) {
    super(`${name} ended before it was ready (${describeEnd(end)})`, { cause: end.error })
    this.name = 'NeverServedError'
    this.end = end
    this.hasSaidWhy = hasSaidWhy
  }
}

export class SupervisedProcess {
  readonly name: string
  readonly #role: ReadyLine['role']
  readonly #command: readonly string[]
  readonly #supervision: Supervision
  readonly #whenEnded: (() => void)[] = []
  #starting: { ready(line: ReadyLine): void; failed(error: Error): void } | undefined
  #life: Life = BORN
  #child: Child | undefined
  #spawnedAt = 0
  #hasComplained = false
  /** At most one runs: the limit of a start, a rest, or the grace of a stop. */
  #timer: TimerHandle

  /** @param name what it is called in reports; its ready line is told by its role */
  constructor(name: string, role: ReadyLine['role'], command: readonly string[], supervision: Supervision) {
    this.name = name
    this.#role = role
    this.#command = command
    this.#supervision = supervision
  }

  /** Spawns the process, once. Resolves with its first ready line, rejects when it ends before that. */
  start(): Promise<ReadyLine> {
    return new Promise((ready, failed) => {
      this.#starting = { ready, failed }
      this.#spawn()
    })
  }

  /** Asks the process to end and kills it if it has not after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEnded.push(resolve)
      this.#happen({ type: 'stop' }, graceMs)
      if (this.#life.phase === 'ended') this.#finish()
    })
  }

  #spawn(): void {
    const { clock, spawn } = this.#supervision
    this.#spawnedAt = clock.monotonic()
    this.#wait(START_LIMIT_MS, () => {
      this.#supervision.report(`${this.name} is not ready after ${START_LIMIT_MS / 1000} s; killing it`)
      this.#child?.kill('SIGKILL')
    })
    this.#child = spawn(this.#command, {
      line: (stream, text) => this.#heard(stream, text),
      end: (end) => this.#exited(end),
    })
  }

  #heard(stream: 'out' | 'err', text: string): void {
    this.#supervision.output(this.name, stream, text)
    if (stream === 'err') this.#hasComplained = true
    const line = stream === 'out' ? parseReadyLine(text) : undefined
    if (line?.role !== this.#role) return
    this.#happen({ type: 'ready' })
    this.#starting?.ready(line)
    this.#starting = undefined
  }

  #exited(end: ChildEnd): void {
    const ranMs = this.#supervision.clock.monotonic() - this.#spawnedAt
    const effect = this.#happen({ type: 'exit', ranMs, random: this.#supervision.random() })
    this.#child = undefined
    if (effect.do === 'rest')
      this.#supervision.report(
        `${this.name} ended (${describeEnd(end)}) after ${seconds(ranMs)}; starting it again in ${seconds(effect.ms)}`,
      )
    if (this.#life.phase === 'ended') this.#starting?.failed(new NeverServedError(this.name, end, this.#hasComplained))
  }

  #happen(event: LifeEvent, graceMs = 0): Effect {
    const { life, effect } = next(this.#life, event)
    this.#life = life
    switch (effect.do) {
      case 'nothing':
        break
      case 'announce':
        this.#stopWaiting()
        break
      case 'spawn':
        this.#spawn()
        break
      case 'rest':
        this.#wait(effect.ms, () => this.#happen({ type: 'rested' }))
        break
      case 'terminate':
        this.#child?.kill('SIGTERM')
        this.#wait(graceMs, () => {
          this.#supervision.report(`${this.name} has not ended within ${seconds(graceMs)}; killing it`)
          this.#child?.kill('SIGKILL')
        })
        break
      case 'give-up':
      case 'finish':
        this.#finish()
        break
    }
    return effect
  }

  #finish(): void {
    this.#stopWaiting()
    for (const resolve of this.#whenEnded.splice(0)) resolve()
  }

  #wait(ms: number, run: () => void): void {
    this.#stopWaiting()
    this.#timer = this.#supervision.clock.after(ms, run)
  }

  #stopWaiting(): void {
    this.#supervision.clock.clear(this.#timer)
  }
}

function describeEnd(end: ChildEnd): string {
  if (end.error) return end.error.message
  return end.signal ?? `exit code ${end.code}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
