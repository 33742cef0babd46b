/** The channel around a layer that is tested alone. */
import { randomBytes } from 'node:crypto'
import { FakeClock } from '../../clock/fake-clock.ts'
import type { ClusterErrorCode } from '../errors.ts'
import type { ClusterEvent } from '../events.ts'
import { endpointKey } from '../identity.ts'
import type { ChannelContext } from '../interceptors/interceptor.ts'
import { testMember } from './fixture.ts'

export interface TestContext extends ChannelContext {
  readonly clock: FakeClock
  readonly refusals: ClusterErrorCode[]
  readonly events: ClusterEvent[]
  /** Where nobody answers, as `address:port`. */
  readonly unreachable: Set<string>
}

export function testContext(local = testMember(99), clock: FakeClock = new FakeClock()): TestContext {
  const refusals: ClusterErrorCode[] = []
  const events: ClusterEvent[] = []
  const unreachable = new Set<string>()
  return {
    clock,
    randomBytes,
    maxFrameBytes: 1024 * 1024,
    local: () => local,
    isReachable: async (member) => !unreachable.has(endpointKey(member)),
    emit: (event) => void events.push(event),
    failed: (cause) => void events.push({ type: 'listener-failed', cause, count: 1 }),
    refused: (_layer, _sender, cause) => void refusals.push(cause.code),
    refusals,
    events,
    unreachable,
  }
}
