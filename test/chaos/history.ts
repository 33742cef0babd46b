/**
 * Whether what the user of one session was answered can be: a fold over calls and answers. Pure.
 *
 * The user calls one after the other and numbers the writes. A write that was answered is *acknowledged*: whatever dies,
 * every later answer must know of it. One without an answer is *open*: it may have been applied or not, but never twice.
 * The session itself holds how many writes it has seen and the numbers of the last ones, its *trail*, so an answer tells
 * exactly which writes it rests on, and a count that is too high is told from one that counts an open write.
 */

/** Numbers that a session remembers. */
export const TRAIL_LENGTH = 32
/** Acknowledged writes that the checker remembers: more, so that a trail that lacks some reaches back to known ones. */
const REMEMBERED = 2 * TRAIL_LENGTH

export interface Answer {
  /** The process that answered. */
  readonly pid: number
  /** Of the session, without route; empty where there is none. */
  readonly key: string
  readonly count: number
  readonly trail: readonly number[]
}

export interface Step {
  /** The number of a write; 0 = the call only read. */
  readonly op: number
  /** Undefined: there was none, or one that is an error. */
  readonly answer: Answer | undefined
}

export const FAULTS = {
  'session-lost': 'the session was there and is not, or is another',
  'write-lost': 'an acknowledged write is unknown',
  'applied-twice': 'a write was applied more than once',
  'count-back': 'the count is smaller than the writes it rests on, or than this process said before',
  'out-of-order': 'a write was applied after a later one',
  'never-asked': 'a write is known that nobody has made',
} as const

export type Fault = keyof typeof FAULTS

export interface History {
  /** Undefined until a write was acknowledged. */
  readonly key: string | undefined
  /** The last acknowledged writes. */
  readonly acknowledged: readonly number[]
  /** What was counted with the last of them. */
  readonly count: number
  /** Writes without an answer. */
  readonly open: readonly number[]
  /** The last answer of all. */
  readonly last: Pick<Answer, 'pid' | 'count'> | undefined
}

export const NEW_HISTORY: History = { key: undefined, acknowledged: [], count: 0, open: [], last: undefined }

/** After a fault the history ends. */
export function follow(history: History, { op, answer }: Step): History | Fault {
  if (answer === undefined) return op === 0 ? history : { ...history, open: [...history.open, op] }
  // The cookie of the first write got lost with its answer: its session is nobody's.
  if (op === 0 && history.key === undefined) return history
  const fault = judge(history, op, answer)
  if (fault !== undefined) return fault
  const last = { pid: answer.pid, count: answer.count }
  if (op === 0) return { ...history, last }
  return {
    key: answer.key,
    acknowledged: [...history.acknowledged, op].slice(-REMEMBERED),
    count: answer.count,
    open: history.open.filter((open) => open >= answer.trail[0]!),
    last,
  }
}

function judge(history: History, op: number, answer: Answer): Fault | undefined {
  const { trail, count } = answer
  if (history.key !== undefined && answer.key !== history.key) return 'session-lost'
  if (new Set(trail).size !== trail.length) return 'applied-twice'
  if (trail.some((one, index) => index > 0 && one < trail[index - 1]!)) return 'out-of-order'
  const asked = new Set([...history.acknowledged, ...history.open, op])
  if (trail.some((one) => !asked.has(one))) return 'never-asked'
  if (op !== 0 && trail.at(-1) !== op) return 'write-lost'
  const isCut = trail.length >= TRAIL_LENGTH
  const begin = isCut ? trail[0]! : 0
  if (history.acknowledged.some((one) => one >= begin && !trail.includes(one))) return 'write-lost'
  const latest = history.acknowledged.at(-1) ?? 0
  const expected = history.count + trail.filter((one) => one > latest).length
  if (count < expected) return 'count-back'
  // With more open writes since the last acknowledged one than a trail holds, only the bound from below is known.
  if (count > expected && (!isCut || latest >= begin)) return 'applied-twice'
  if (history.last?.pid === answer.pid && count < history.last.count) return 'count-back'
  return undefined
}
