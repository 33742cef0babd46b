/**
 * A source that is asked again and again: name servers, the API of Kubernetes, a list of names. What it named last holds
 * until it names something else: an answer that fails or is empty takes nobody away, because directories fail more often
 * than whole clusters.
 */
import type { TimerHandle } from '../../clock/clock.ts'
import { endpointKey } from '../identity.ts'
import type { Endpoint } from '../member.ts'
import type { MembershipGroup, MembershipSource } from './source.ts'

export interface PolledSourceOptions {
  readonly name: string
  /** From the end of one look to the begin of the next. */
  readonly intervalMs: number
  /** For one look. The look is told to end, and its late answer does not count. */
  readonly timeoutMs: number
  readonly look: (group: MembershipGroup, signal: AbortSignal) => Promise<readonly Endpoint[]>
}

export class PolledSource implements MembershipSource {
  readonly name: string
  readonly firstLookMs: number
  readonly #options: PolledSourceOptions
  #listed = new Map<string, Endpoint>()
  #group: MembershipGroup | undefined
  #timer: TimerHandle
  #look: AbortController | undefined
  #stopped = false

  constructor(options: PolledSourceOptions) {
    this.name = options.name
    this.firstLookMs = options.timeoutMs
    this.#options = options
  }

  async start(group: MembershipGroup): Promise<void> {
    this.#group = group
    await this.#poll(group)
  }

  stop(): void {
    this.#stopped = true
    this.#group?.clock.clear(this.#timer)
    this.#look?.abort()
  }

  async #poll(group: MembershipGroup): Promise<void> {
    const { intervalMs } = this.#options
    try {
      const found = await this.#lookInTime(group)
      if (!this.#stopped && found.length > 0) this.#take(found, group)
    } catch (cause) {
      if (!this.#stopped) group.failed(cause)
    }
    if (!this.#stopped) this.#timer = group.clock.after(intervalMs, () => void this.#poll(group))
  }

  async #lookInTime(group: MembershipGroup): Promise<readonly Endpoint[]> {
    const { look, timeoutMs } = this.#options
    const controller = new AbortController()
    this.#look = controller
    const { signal } = controller
    const timer = group.clock.after(timeoutMs, () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)))
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    try {
      return await Promise.race([look(group, signal), aborted])
    } finally {
      group.clock.clear(timer)
    }
  }

  #take(found: readonly Endpoint[], group: MembershipGroup): void {
    const before = this.#listed
    this.#listed = new Map(found.map((endpoint) => [endpointKey(endpoint), endpoint]))
    for (const [key, endpoint] of before) if (!this.#listed.has(key)) group.lost(endpoint, 'unlisted')
    for (const [key, endpoint] of this.#listed) if (!before.has(key)) group.found(endpoint)
  }
}
