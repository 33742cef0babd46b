/**
 * One of the members is the leader, and all agree who (Tomcat `NonBlockingCoordinator`; tomcat-cluster.md 3.7). The
 * decisions are in `election.ts`; here is what sends, waits and tells. Every member needs the layer. In a partition each
 * side has a leader of its own.
 */
import { SEND } from '../channel.ts'
import type { DisappearReason } from '../events.ts'
import { sameMember } from '../identity.ts'
import type { Member } from '../member.ts'
import { MessageIds } from '../message-id.ts'
import { type ElectionStep, electors, inLine, onRequest, sameElectors } from './election.ts'
import { decodeElection, type ElectionMessage, encodeElection, isElection } from './election-message.ts'
import type {
  IncomingMessage,
  Interceptor,
  MemberAddedNext,
  MemberDisappearedNext,
  Neighbours,
  ReceiveNext,
} from './interceptor.ts'

/** Members that are asked after at once. A request that names more strangers is dropped: its source begins again. */
export const MAX_ASKED_AFTER = 256

export interface LeaderElectionOptions {
  /** How long a node waits for the first in order to begin before it begins itself. Ms, default 15 000 (Tomcat). */
  readonly waitMs?: number
}

export interface LeaderElection extends Interceptor {
  /** Who leads; undefined while that is not agreed. */
  leader(): Member | undefined
  /** Whether this node leads. */
  isLeader(): boolean
}

/**
 * @example
 * const election = leaderElection()
 * const channel = createChannel({ interceptors: [election] })
 * setInterval(() => election.isLeader() && cleanUp(), 60_000)
 */
export function leaderElection({ waitMs = 15_000 }: LeaderElectionOptions = {}): LeaderElection {
  return new Election(waitMs)
}

interface View {
  readonly leader: Member
  readonly members: readonly Member[]
}

class Election implements LeaderElection {
  readonly name = 'leader-election'
  readonly #waitMs: number
  #neighbours: Neighbours | undefined
  #ids: MessageIds | undefined
  /** Besides this node. */
  #others: readonly Member[] = []
  #view: View | undefined
  #told: Member | undefined
  #running = false
  /** Since when (monotonic ms) the view is not that of the group; undefined: it is. */
  #unsureSince: number | undefined
  #begun = 0
  #askedAfter = 0
  /** Whom this node knew when it began last. */
  #asked: readonly Member[] | undefined

  constructor(waitMs: number) {
    this.#waitMs = waitMs
  }

  leader(): Member | undefined {
    const leader = this.#view?.leader
    return leader !== undefined && this.#known().some((member) => sameMember(member, leader)) ? leader : undefined
  }

  isLeader(): boolean {
    const leader = this.leader()
    return leader !== undefined && sameMember(leader, this.#local())
  }

  attach(neighbours: Neighbours): void {
    this.#neighbours = neighbours
    this.#ids = new MessageIds(neighbours.channel.randomBytes)
  }

  /** Layers start bottom to top: whoever was there at once is known by now. */
  start(): void {
    this.#running = true
    this.#changed()
  }

  stop(): void {
    this.#running = false
    this.#view = undefined
  }

  snapshot(): Record<string, number> {
    return { elections: this.#begun, isLeader: Number(this.isLeader()), members: this.#view?.members.length ?? 0 }
  }

  heartbeat(): void {
    const since = this.#unsureSince
    if (since === undefined || !this.#running) return
    const waited = this.#neighbours!.channel.clock.monotonic() - since
    if (this.#isFirst() || waited >= this.#waitMs) this.#begin()
  }

  memberAdded(member: Member, next: MemberAddedNext): void {
    this.#others = [...this.#others.filter((other) => !sameMember(other, member)), member]
    next(member)
    this.#changed()
  }

  memberDisappeared(member: Member, reason: DisappearReason, next: MemberDisappearedNext): void {
    this.#others = this.#others.filter((other) => !sameMember(other, member))
    next(member, reason)
    this.#changed()
  }

  receive(message: IncomingMessage, next: ReceiveNext): boolean | Promise<boolean> {
    if (!isElection(message.body)) return next(message)
    const said = decodeElection(message.body)
    if (said === undefined || !this.#running) return true
    if (said.type === 'confirm') this.#confirmed(said)
    else void this.#requested(said)
    return true
  }

  /** @param isNews somebody came or went, rather than that others see the group in another way */
  #changed(isNews = true): void {
    if (!this.#running) return
    if (this.#isSettled()) {
      this.#unsureSince = undefined
      return
    }
    this.#unsureSince ??= this.#neighbours!.channel.clock.monotonic()
    this.#tell()
    if (this.#isFirst() && (isNews || this.#knowsOthers())) this.#begin()
  }

  #begin(): void {
    this.#begun++
    this.#unsureSince = this.#neighbours!.channel.clock.monotonic()
    const members = this.#known()
    this.#asked = members
    if (members.length === 1) {
      this.#install({ leader: members[0]!, members })
      return
    }
    const [viewId, source] = [this.#ids!.next(), this.#local()]
    void this.#passOn({ type: 'request', leader: members[0]!, source, members, viewId })
  }

  async #requested(request: ElectionMessage): Promise<void> {
    const unknown = request.members.filter((member) => !this.#known().some((other) => sameMember(member, other)))
    if (this.#askedAfter + unknown.length > MAX_ASKED_AFTER) return
    const { isReachable } = this.#neighbours!.channel
    this.#askedAfter += unknown.length
    const reached = await Promise.allSettled(unknown.map((member) => isReachable(member)))
    this.#askedAfter -= unknown.length
    if (!this.#running) return
    const gone = unknown.filter((_, i) => {
      const answer = reached[i]!
      return answer.status === 'rejected' || !answer.value
    })
    await this.#follow(request, onRequest(request, this.#local(), this.#known(), gone))
  }

  async #follow(request: ElectionMessage, step: ElectionStep): Promise<void> {
    switch (step.type) {
      case 'drop':
        return
      case 'begin':
        if (!sameMember(request.source, this.#local()) || this.#knowsOthers()) this.#begin()
        return
      case 'forward':
        await this.#passOn({ ...request, leader: step.members[0]!, members: step.members })
        return
      case 'confirm': {
        const confirmation = { ...request, type: 'confirm', leader: step.members[0]!, members: step.members } as const
        const sends = this.#others.map((member) => this.#send(confirmation, member))
        await Promise.all(sends)
        this.#confirmed(confirmation)
      }
    }
  }

  /** To the first in line who takes it. */
  async #passOn(request: ElectionMessage): Promise<void> {
    for (const member of inLine(request.members, this.#local())) {
      if (await this.#send(request, member)) return
    }
  }

  #confirmed({ leader, members }: ElectionMessage): void {
    if (!this.#running) return
    this.#install({ leader, members: electors(members) })
    this.#changed(false)
  }

  #install(view: View | undefined): void {
    this.#view = view
    if (view !== undefined && this.#isSettled()) this.#unsureSince = undefined
    this.#tell()
  }

  #tell(): void {
    const leader = this.leader()
    const told = this.#told
    if (leader === undefined ? told === undefined : told !== undefined && sameMember(leader, told)) return
    this.#told = leader
    this.#neighbours!.channel.emit({ type: 'leader-changed', leader })
  }

  /** Whether the member has it; a failure is known to the failure detector below. */
  async #send(message: ElectionMessage, to: Member): Promise<boolean> {
    const { channel, below } = this.#neighbours!
    const timestamp = channel.clock.now()
    try {
      const body = encodeElection(message)
      await below.send({ to: [to], options: SEND.USE_ACK, timestamp, uniqueId: this.#ids!.next(), body })
      return true
    } catch {
      return false
    }
  }

  #isSettled(): boolean {
    return this.#view !== undefined && sameElectors(this.#view.members, this.#known())
  }

  /**
   * Than when it began last. If not, the same question would come round with the same answer, as fast as the network is, as
   * long as members see each other in one direction only: the next heartbeat is soon enough.
   */
  #knowsOthers(): boolean {
    return this.#asked === undefined || !sameElectors(this.#asked, this.#known())
  }

  #isFirst(): boolean {
    return sameMember(this.#known()[0]!, this.#local())
  }

  #known(): readonly Member[] {
    return electors(this.#others, [this.#local()])
  }

  #local(): Member {
    return this.#neighbours!.channel.local()
  }
}
