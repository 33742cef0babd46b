/**
 * Asks the other nodes of a backup manager which sessions are a user's, and answers them. No node knows all sessions, but
 * each session is on `backups` + 1 nodes: as many as `backups` of them may be silent, and none is missed.
 */
import type { TimerHandle } from '../clock/clock.ts'
import { SessionError } from './errors.ts'
import { UNSETTLED_MS } from './fetches.ts'
import type { Lane } from './lane.ts'
import { MAX_NEEDED_KEYS, MAX_USER_MESSAGES, type TheirsMessage, type WhoseMessage } from './message.ts'
import type { ResolvedSessionOptions } from './options.ts'
import type { Peer } from './peers.ts'
import type { Replica } from './replica.ts'
import type { Speaker } from './speaker.ts'
import type { IndexedUsers, UserDirectory } from './user-directory.ts'

/** When enough have answered: how long the rest is waited for. A node of an older version never answers. */
const REST_MS = 100

export interface QuestionParts {
  readonly options: ResolvedSessionOptions
  readonly replica: Replica
  readonly speaker: Speaker
  readonly lanes: () => Iterable<Lane>
  /** Monotonic time at which nodes last came or went. */
  readonly changedAt: () => number
}

interface Question {
  readonly keys: Set<string>
  /** Who has still to answer, and how many messages of theirs are here. */
  readonly waiting: Map<Peer, number>
  /** Those that have said that they do not know, or are gone. */
  unknowing: number
  rest: TimerHandle | undefined
  readonly end: () => void
}

export class UserQuestions implements UserDirectory {
  readonly #parts: QuestionParts
  readonly #indexes = new Map<string, IndexedUsers>()
  readonly #questions = new Map<number, Question>()
  #request = 0

  constructor(parts: QuestionParts) {
    this.#parts = parts
  }

  join(index: IndexedUsers): () => void {
    this.#indexes.set(index.attribute, index)
    return () => {
      if (this.#indexes.get(index.attribute) === index) this.#indexes.delete(index.attribute)
    }
  }

  lacks(key: string): boolean {
    const { sessions, graves } = this.#parts.replica
    return sessions.get(key)?.complete !== true && graves.get(key) === undefined
  }

  /** Each call asks anew: an answer to an earlier one may be older than a session that the caller knows to be there. */
  keysOf(attribute: string, user: string): Promise<readonly string[]> {
    const { options, speaker, lanes } = this.#parts
    const { clock, limits, fetchTimeoutMs } = options
    const peers = [...lanes()].filter((lane) => lane.isHeard).map((lane) => lane.peer)
    if (peers.length === 0) return Promise.resolve([])
    if (this.#questions.size >= limits.fetches) {
      return Promise.reject(unanswered(`${limits.fetches} questions wait for answers (limits.fetches)`))
    }
    return new Promise((resolve, reject) => {
      const request = ++this.#request
      const timer = clock.after(fetchTimeoutMs, () => question.end())
      const question: Question = {
        keys: new Set(),
        waiting: new Map(peers.map((peer) => [peer, 0])),
        unknowing: 0,
        rest: undefined,
        end: () => {
          clock.clear(timer)
          clock.clear(question.rest)
          this.#questions.delete(request)
          const silent = question.unknowing + question.waiting.size
          if (silent <= options.backups) resolve([...question.keys])
          else reject(unanswered(`${silent} of ${peers.length} other nodes did not say which sessions are the user's`))
        },
      }
      this.#questions.set(request, question)
      for (const peer of peers) {
        speaker.say(peer, { type: 'whose', request, attribute, user }, false).catch(() => this.#lost(question, peer))
      }
      this.#look(question)
    })
  }

  onWhose(peer: Peer, { request, attribute, user }: WhoseMessage): void {
    const keys = this.#indexes.get(attribute)?.keysOf(user)
    const count = keys === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(keys.length / MAX_NEEDED_KEYS))
    const of = count <= MAX_USER_MESSAGES ? count : 0
    const { speaker } = this.#parts
    if (keys === undefined || of === 0) speaker.sayQuietly(peer, { type: 'theirs', request, of: 0, keys: [] })
    else {
      for (let at = 0, i = 0; i < of; i++, at += MAX_NEEDED_KEYS) {
        speaker.sayQuietly(peer, { type: 'theirs', request, of, keys: keys.slice(at, at + MAX_NEEDED_KEYS) })
      }
    }
  }

  onTheirs(peer: Peer, { request, of, keys }: TheirsMessage): void {
    const question = this.#questions.get(request)
    const before = question?.waiting.get(peer)
    if (question === undefined || before === undefined) return
    if (of === 0) {
      this.#lost(question, peer)
      return
    }
    for (const key of keys) question.keys.add(key)
    question.waiting.set(peer, before + 1)
    if (before + 1 < of) return
    question.waiting.delete(peer)
    this.#look(question)
  }

  gone(peer: Peer): void {
    for (const question of [...this.#questions.values()]) this.#lost(question, peer)
  }

  stop(): void {
    for (const question of [...this.#questions.values()]) question.end()
  }

  #lost(question: Question, peer: Peer): void {
    if (!question.waiting.delete(peer)) return
    question.unknowing++
    this.#look(question)
  }

  #look(question: Question): void {
    const { clock, backups } = this.#parts.options
    const { waiting, unknowing } = question
    if (waiting.size === 0) question.end()
    // While nodes come and go, copies may be fewer than they should be: then everybody is heard.
    else if (waiting.size + unknowing <= backups && clock.monotonic() - this.#parts.changedAt() >= UNSETTLED_MS) {
      question.rest ??= clock.after(REST_MS, question.end)
    }
  }
}

function unanswered(fact: string): SessionError {
  return new SessionError('SESSION_UNANSWERED', fact)
}
