/**
 * Gives a session another key in a store that has no step over two keys. The copy is made first and the old key ends only
 * if nothing was written to it since; so a process that dies in between leaves the session under its old key, whole, and a
 * copy under a key that nobody was told. All of it may be repeated.
 */
import { DONE, type Ended, type Living, type OpenStore, type Outcome, type Stored, type StoredTimes } from './store.ts'

/** Writes that may come in between, one after the other, before the last one is left behind. */
const MAX_ROUNDS = 8

export interface Move extends StoredTimes {
  readonly from: string
  readonly to: string
  readonly rememberMs: number
  readonly maxFields: number
}

/** `call`: how steps are made; see `store-calls.ts`. */
export async function moveStored(
  store: OpenStore,
  move: Move,
  call: <T>(step: () => Promise<T>) => Promise<T>,
): Promise<Outcome> {
  const { from, to, rememberMs } = move
  let copied: Living | undefined
  let stored: Stored = await call(() => store.read(from))
  for (let round = 1; stored.type === 'living'; round++) {
    const living: Living = stored
    await call(() => store.write(to, changeOf(living, move, true)))
    copied = living
    const writes = round < MAX_ROUNDS ? living.writes : undefined
    const answer = await call(() => store.leave(from, { to, writes, rememberMs }))
    if (answer.type === 'done') return DONE
    stored = answer
  }
  return settle(stored)

  async function settle(ended: Ended): Promise<Outcome> {
    switch (ended.type) {
      case 'missing':
        // It expired in the last moment, and the copy is what there is.
        return copied === undefined ? ended : DONE
      case 'destroyed':
        if (copied !== undefined) await call(() => store.destroy(to, rememberMs))
        return ended
      case 'moved': {
        // By ourselves, and the answer was lost.
        if (ended.to === to) return DONE
        // Another node was faster: the session is where that put it.
        const last = copied
        if (last !== undefined) {
          await call(() => store.write(ended.to, changeOf(last, move, false)))
          await call(() => store.leave(to, { to: ended.to, writes: undefined, rememberMs }))
        }
        return ended
      }
    }
  }
}

function changeOf({ nowMs, createdMs, fields }: Living, move: Move, create: boolean) {
  const { idleMs, lifetimeMs, maxFields } = move
  return { create, ageMs: Math.max(0, nowMs - createdMs), fields, idleMs, lifetimeMs, maxFields }
}
