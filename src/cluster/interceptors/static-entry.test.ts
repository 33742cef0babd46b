import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Member } from '../member.ts'
import { countingId, testMember } from '../testing/fixture.ts'
import { type EntryEvent, type EntryState, newEntry, nextEntry } from './static-entry.ts'

const old = testMember(11, { uniqueId: countingId(1) })
const young = testMember(11, { uniqueId: countingId(2) })
const oldWithPayload = { ...old, payload: Uint8Array.of(1) }
const names = new Map<Member, string>([
  [old, 'old'],
  [young, 'young'],
  [oldWithPayload, 'old+payload'],
])

const message = (sender: Member): EntryEvent => ({ type: 'message', sender })
const stop = (sender: Member): EntryEvent => ({ type: 'stop', sender })
const start = (sender: Member, life: number, answers = true): EntryEvent => {
  return { type: 'start', sender, id: countingId(life), answers }
}
const linkLost: EntryEvent = { type: 'link-lost', now: 1000 }
const noAnswer: EntryEvent = { type: 'no-answer' }
const dropped: EntryEvent = { type: 'dropped' }
const heartbeat = (now: number): EntryEvent => ({ type: 'heartbeat', now, maxDoubtMs: 5000 })

/** What came of all events, in short. */
function run(configured: Member | undefined, events: EntryEvent[]): string {
  let state: EntryState = newEntry(configured)
  const heard: string[] = []
  for (const event of events) {
    const step = nextEntry(state, event)
    state = step.state
    for (const action of step.actions) {
      if (action.type === 'mismatch') heard.push('mismatch')
      else if (action.type === 'disappeared') heard.push(`-${names.get(action.member)} ${action.reason}`)
      else heard.push(`${action.type === 'added' ? '+' : '='}${names.get(action.member)}`)
    }
  }
  return heard.join(', ')
}

describe('who is behind an address', () => {
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    ['nobody says so: nobody', [noAnswer, linkLost, heartbeat(9e9), dropped], ''],
    ['a START tells', [start(old, 1)], '+old'],
    ['any message tells where nobody is known', [message(old)], '+old'],
    ['a second START of the same life only confirms', [start(old, 1), start(old, 1)], '+old, =old'],
    ['further messages change nothing', [start(old, 1), message(old), message(old)], '+old'],
    ['a START with another unique id replaces', [start(old, 1), start(young, 2)], '+old, -old replaced, +young'],
    [
      'a late message of the old one does not',
      [start(old, 1), start(young, 2), message(old)],
      '+old, -old replaced, +young',
    ],
    ['STOP is a goodbye', [start(old, 1), stop(old)], '+old, -old stopped'],
    ['STOP of somebody else is not', [start(young, 2), stop(old)], '+young'],
    ['STOP before anything was heard is nothing', [stop(old)], ''],
    [
      'late messages do not bring back who said goodbye',
      [start(old, 1), stop(old), message(old)],
      '+old, -old stopped',
    ],
    ['a START does', [start(old, 1), stop(old), start(old, 2)], '+old, -old stopped, +old'],
    ['after a goodbye another may come', [start(old, 1), stop(old), message(young)], '+old, -old stopped, +young'],
    ['who was dropped has to say again who it is', [start(old, 1), dropped, start(old, 1)], '+old, +old'],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(undefined, events), heard))
})

describe('who says by multicast who it is', () => {
  const seen = (sender: Member): EntryEvent => ({ type: 'seen', sender })
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    ['is there', [seen(old)], '+old'],
    ['confirms itself every time', [seen(old), seen(old)], '+old, =old'],
    [
      'comes anew when it says something else of itself',
      [seen(old), seen(oldWithPayload)],
      '+old, -old changed, +old+payload',
    ],
    ['is somebody else while the connection stands', [seen(old), seen(young)], '+old, mismatch'],
    ['replaces when the connection has broken', [seen(old), linkLost, seen(young)], '+old, -old replaced, +young'],
    [
      'is back after a goodbye (a multicast recovery of Tomcat)',
      [seen(old), stop(old), seen(old)],
      '+old, -old stopped, +old',
    ],
    ['is back after it was dropped', [seen(old), dropped, seen(old)], '+old, +old'],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(undefined, events), heard))
  test('is nobody where the list says otherwise', () => assert.equal(run(old, [seen(young)]), 'mismatch'))
})

describe('a restart under the same unique id is recognised', () => {
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    ['by another START', [start(old, 1), start(old, 2)], '+old, -old restarted, +old'],
    ['by a first START after a lost link', [noAnswer, linkLost, start(old, 1)], '+old, -old restarted, +old'],
    ['not by the first START of a member that was found first', [noAnswer, start(old, 1)], '+old, =old'],
    ['not by the same START after a lost link', [start(old, 1), linkLost, start(old, 1)], '+old, =old'],
    ['not by messages after a lost link', [noAnswer, linkLost, message(old)], '+old, =old'],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(old, events), heard))
})

describe('a configured unique id', () => {
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    ['is enough to add a member that does not answer (Tomcat)', [noAnswer], '+old'],
    ['only once', [noAnswer, noAnswer], '+old'],
    ['keeps others out', [message(young), start(young, 2)], 'mismatch, mismatch'],
    ['keeps others out beside the member', [noAnswer, start(young, 2), stop(young)], '+old, mismatch'],
    ['does not bring back who said goodbye', [noAnswer, stop(old), message(old)], '+old, -old stopped'],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(old, events), heard))
})

describe('what a member says of itself', () => {
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    [
      'may turn up later, as that of a slow clowder member that was taken for a Tomcat',
      [noAnswer, start(oldWithPayload, 1)],
      '+old, -old changed, +old+payload',
    ],
    ['may turn up in a message', [noAnswer, message(oldWithPayload)], '+old, -old changed, +old+payload'],
    [
      'is reported once',
      [noAnswer, start(oldWithPayload, 1), message(oldWithPayload)],
      '+old, -old changed, +old+payload',
    ],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(old, events), heard))
})

describe('a member that lost its link', () => {
  const lost = [start(old, 1), linkLost]
  const rows: [rule: string, events: EntryEvent[], heard: string][] = [
    ['is kept for a while', [...lost, heartbeat(6000)], '+old'],
    [
      'is gone when it stays silent longer, although it used to answer',
      [...lost, heartbeat(6001)],
      '+old, -old silent',
    ],
    ['is confirmed by a message', [...lost, message(old), heartbeat(9000)], '+old, =old'],
    ['is confirmed by its START', [...lost, start(old, 1), heartbeat(9000)], '+old, =old'],
    [
      'the time counts from the first loss',
      [...lost, { type: 'link-lost', now: 5000 }, heartbeat(6001)],
      '+old, -old silent',
    ],
    ['is kept when it never answered: a Tomcat may be idle', [start(old, 1, false), linkLost, heartbeat(9e9)], '+old'],
  ]
  for (const [rule, events, heard] of rows) test(rule, () => assert.equal(run(undefined, events), heard))
})

test('a step that changes nothing returns the same state, so that it can be skipped next time', () => {
  const { state } = nextEntry(newEntry(undefined), start(old, 1))
  assert.equal(nextEntry(state, message(old)).state, state)
})
