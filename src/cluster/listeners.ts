/** The listeners of a channel, told one after the other; one that throws does not keep news from the others. */
import type { ChannelListener, ReceivedMessage } from './channel.ts'
import type { ClusterError } from './errors.ts'
import type { Member } from './member.ts'

export class Listeners {
  readonly #failed: (cause: unknown) => void
  /** Replaced, never changed, so that listeners may come and go while they are told something. */
  #all: readonly ChannelListener[] = []

  /** @param failed hears what listeners throw at news about members */
  constructor(failed: (cause: unknown) => void) {
    this.#failed = failed
  }

  add(listener: ChannelListener): void {
    if (!this.#all.includes(listener)) this.#all = [...this.#all, listener]
  }

  remove(listener: ChannelListener): void {
    this.#all = this.#all.filter((other) => other !== listener)
  }

  /** Whether any of them took the message. Throws, or rejects, with the first failure after all were told. */
  message(message: ReceivedMessage): boolean | Promise<boolean> {
    const all = this.#all
    if (all.length === 1) return all[0]!.message?.(message) ?? false
    let taken = false
    let failure: { cause: unknown } | undefined
    let working: Promise<boolean>[] | undefined
    for (const listener of all) {
      try {
        const answer = listener.message?.(message) ?? false
        if (typeof answer === 'boolean') taken ||= answer
        else {
          working ??= []
          working.push(answer)
        }
      } catch (cause) {
        failure ??= { cause }
      }
    }
    if (working !== undefined) return settleAll(working, taken, failure)
    if (failure !== undefined) throw failure.cause
    return taken
  }

  memberAdded(member: Member): void {
    this.#tell((listener) => listener.memberAdded?.(member))
  }

  memberDisappeared(member: Member): void {
    this.#tell((listener) => listener.memberDisappeared?.(member))
  }

  sendFailed(members: readonly Member[], cause: ClusterError): void {
    this.#tell((listener) => listener.sendFailed?.(members, cause))
  }

  #tell(news: (listener: ChannelListener) => void): void {
    for (const listener of this.#all) {
      try {
        news(listener)
      } catch (cause) {
        this.#failed(cause)
      }
    }
  }
}

async function settleAll(
  working: Promise<boolean>[],
  taken: boolean,
  failure: { cause: unknown } | undefined,
): Promise<boolean> {
  let any = taken
  let first = failure
  for (const result of await Promise.allSettled(working)) {
    if (result.status === 'fulfilled') any ||= result.value
    else first ??= { cause: result.reason }
  }
  if (first !== undefined) throw first.cause
  return any
}
