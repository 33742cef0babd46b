/**
 * Whoever ends what was started: a test (`t`), a suite, or a bench that keeps its own list. What was started last is
 * ended first, and all of it is, even when one end fails: node:test would leave out the hooks after a failed one.
 */
export interface Owner {
  after(close: Close): void
}

type Close = () => void | Promise<void>

const lists = new WeakMap<Owner, Close[]>()

/** Runs `close` when the owner ends. An owner that is undefined never does. */
export function atEnd(owner: Owner | undefined, close: Close): void {
  if (owner === undefined) return
  const list = lists.get(owner)
  if (list !== undefined) {
    list.push(close)
    return
  }
  const first = [close]
  lists.set(owner, first)
  owner.after(() => closeAll(first))
}

/**
 * Ends what it owns in reverse order: an engine before the backend that it talks to. Otherwise the end of the backend
 * would free what the engine has leaked.
 */
export function lastInFirstOut(owner: Owner): Owner {
  return { after: (close) => atEnd(owner, close) }
}

async function closeAll(list: Close[]): Promise<void> {
  const errors: unknown[] = []
  for (let close = list.pop(); close !== undefined; close = list.pop()) {
    try {
      await close()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'))
}
