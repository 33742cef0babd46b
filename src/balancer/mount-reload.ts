/**
 * Mount files that have changed (mod_jk.md 3.7): each is looked at every so often, and its rules take the place of those that
 * came from it before; rules from elsewhere stay. A file that cannot be used changes nothing. Who reads files is told from
 * outside; requests that are under way keep what they got.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Clock, TimerHandle } from '../clock/clock.ts'
import type { BalancerEvent } from './events.ts'
import type { MountRule } from './options.ts'
import type { ResolvedVirtualHost } from './resolved-options.ts'

/** What a look at a mount file found; undefined: it is as it was. */
export type MountFileNews =
  | { readonly rules: readonly MountRule[]; readonly notes: readonly string[] }
  | { readonly unusable: string }
  | undefined

export type ReadMounts = (file: string) => Promise<MountFileNews>

export interface MountTarget {
  readonly hosts: readonly ResolvedVirtualHost[]
  remount(host: number, rules: readonly MountRule[]): void
}

export class MountReload {
  readonly #target: MountTarget
  readonly #read: ReadMounts
  readonly #clock: Clock
  readonly #onEvent: (event: BalancerEvent) => void
  readonly #timers: TimerHandle[] = []
  readonly #busy = new Set<string>()
  #isClosed = false

  constructor(target: MountTarget, read: ReadMounts, clock: Clock, onEvent: (event: BalancerEvent) => void) {
    this.#target = target
    this.#read = read
    this.#clock = clock
    this.#onEvent = onEvent
  }

  /** Looks at each file at once, in case it has changed since the options were made of it, and then at its intervals. */
  async start(): Promise<void> {
    const intervals = new Map<string, number>()
    for (const { mountFile } of this.#target.hosts) {
      if (mountFile === undefined || mountFile.reloadMs === 0) continue
      const before = intervals.get(mountFile.file) ?? Number.POSITIVE_INFINITY
      intervals.set(mountFile.file, Math.min(before, mountFile.reloadMs))
    }
    await Promise.all([...intervals.keys()].map((file) => this.check(file, true)))
    if (this.#isClosed) return
    for (const [file, ms] of intervals) this.#timers.push(this.#clock.every(ms, () => void this.check(file)))
  }

  /** Never rejects. `isFirst`: what is read may well be what the options were made of, which is no news. */
  async check(file: string, isFirst = false): Promise<void> {
    if (this.#busy.has(file) || this.#isClosed) return
    this.#busy.add(file)
    try {
      const news = await this.#read(file)
      if (news !== undefined && !this.#isClosed) this.#take(file, news, isFirst)
    } catch (error) {
      this.#onEvent({ type: 'mounts-kept', file, reason: (error as Error).message })
    } finally {
      this.#busy.delete(file)
    }
  }

  #take(file: string, news: NonNullable<MountFileNews>, isFirst: boolean): void {
    if ('unusable' in news) {
      this.#onEvent({ type: 'mounts-kept', file, reason: news.unusable })
      return
    }
    let isNews = !isFirst
    for (const [index, host] of this.#target.hosts.entries()) {
      if (host.mountFile?.file !== file) continue
      const others = host.mounts.filter(({ source }) => source !== 'mount-file')
      this.#target.remount(index, [...news.rules, ...others])
      isNews ||= !isDeepStrictEqual(rulesOf(host), rulesOf(this.#target.hosts[index]!))
    }
    if (isNews) this.#onEvent({ type: 'mounts-reloaded', file, rules: news.rules.length, notes: news.notes })
  }

  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers.splice(0)) this.#clock.clear(timer)
  }
}

/** Those that came from its mount file. */
function rulesOf({ mounts }: ResolvedVirtualHost): readonly MountRule[] {
  return mounts.filter(({ source }) => source === 'mount-file')
}
