/** The members of the group as this node sees them now, oldest first. */
import { compareAbsolute, plausibleAliveMs, sameMember } from './identity.ts'
import type { Member } from './member.ts'

interface Seat {
  readonly member: Member
  /** When the member started, on this node's monotonic clock. */
  readonly startedAt: number
}

export class MemberView {
  #seats: readonly Seat[] = []
  #members: readonly Member[] = Object.freeze([])

  /** The same array until somebody comes or goes. */
  get members(): readonly Member[] {
    return this.#members
  }

  has(member: Member): boolean {
    return this.#members.some((other) => sameMember(other, member))
  }

  /** How long a member has been running, as far as it told; 0 for one that is not here. */
  ageOf(member: Member, now: number): number {
    const seat = this.#seats.find((other) => sameMember(other.member, member))
    return seat === undefined ? 0 : now - seat.startedAt
  }

  /** @param now monotonic ms; what the member says of its age is turned into a time that stays comparable */
  add(member: Member, now: number): void {
    const seat = { member, startedAt: now - plausibleAliveMs(member) }
    this.#seat([...this.#seats.filter((other) => !sameMember(other.member, member)), seat])
  }

  /** False when it was not there. */
  remove(member: Member): boolean {
    const left = this.#seats.filter((seat) => !sameMember(seat.member, member))
    if (left.length === this.#seats.length) return false
    this.#seat(left)
    return true
  }

  #seat(seats: Seat[]): void {
    this.#seats = seats.sort((a, b) => a.startedAt - b.startedAt || compareAbsolute(a.member, b.member))
    this.#members = Object.freeze(seats.map(({ member }) => member))
  }
}
