/**
 * Gives a session another key in a store that has no step over two keys. The copy is made first and the old key ends only
 * if nothing was written to it since; so a process that dies in between leaves the session under its old key, whole, and a
 * copy under a key that nobody was told. All of it may be repeated.
 */
import {
  DONE,
  type Done,
  type Ended,
  type Living,
  type OpenStore,
  type Outcome,
  type Stored,
  type StoredChange,
  type StoredTimes,
} from './store.ts'

/** Writes that may come in between, one after the other, before the last one is left behind. */
const MAX_ROUNDS = 8

export interface Move extends StoredTimes {
  readonly from: string
  readonly to: string
  readonly rememberMs: number
  readonly maxFields: number
}

type Call = <T>(step: () => Promise<T>) => Promise<T>

/** `call`: how steps are made; see `store-calls.ts`. */
export async function moveStored(store: OpenStore, move: Move, call: Call): Promise<Outcome> {
  const { to, rememberMs } = move
  const { ended, copies } = await transfer(store, move, true, call)
  if (ended === undefined) return DONE
  switch (ended.type) {
    case 'missing':
      // It expired in the last moment, and the copy is what there is.
      return copies > 0 ? DONE : ended
    case 'destroyed':
      if (copies > 0) await call(() => store.destroy(to, rememberMs))
      return ended
    case 'moved':
      // By ourselves, and the answer was lost.
      if (ended.to === to) return DONE
      // Another node was faster: the session is where that put it, and so is what our copy got meanwhile.
      if (copies > 0) await follow(ended.to)
      return ended
  }

  async function follow(winner: string): Promise<void> {
    let from = to
    for (let hop = 0; hop < MAX_ROUNDS && from !== winner; hop++) {
      const { ended: next } = await transfer(store, { ...move, from, to: winner }, false, call)
      if (next?.type !== 'moved') return
      from = next.to
    }
  }
}

/** `ended`: why there was nothing to take along, or no more. */
async function transfer(
  store: OpenStore,
  move: Move,
  create: boolean,
  call: Call,
): Promise<{ readonly ended: Ended | undefined; readonly copies: number }> {
  const { from, rememberMs } = move
  let { to } = move
  let stored: Stored = await call(() => store.read(from))
  for (let copies = 1; ; copies++) {
    if (stored.type !== 'living') return { ended: stored, copies: copies - 1 }
    const change = changeOf(stored, move, create)
    const outcome = await call(() => store.write(to, change))
    if (outcome.type === 'moved') to = outcome.to
    if (to === from) return { ended: undefined, copies }
    const writes = copies < MAX_ROUNDS ? stored.writes : undefined
    if (outcome.type === 'moved' && writes !== undefined) continue
    const answer: Stored | Done = await call(() => store.leave(from, { to, writes, rememberMs }))
    if (answer.type === 'done') return { ended: undefined, copies }
    stored = answer
  }
}

function changeOf({ nowMs, createdMs, fields }: Living, move: Move, create: boolean): StoredChange {
  const { idleMs, lifetimeMs, maxFields } = move
  return { create, ageMs: Math.max(0, nowMs - createdMs), fields, idleMs, lifetimeMs, maxFields }
}
