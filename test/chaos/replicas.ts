/** What the nodes of a cluster hold, compared: which sessions have too few copies, and which copies differ. Pure. */
import type { Replica } from './session-node.ts'

export interface Comparison {
  /** All sessions that any node holds. */
  readonly sessions: number
  /** Keys of sessions on fewer nodes than they should be. */
  readonly scarce: readonly string[]
  /** Keys of sessions whose copies are not equal. */
  readonly different: readonly string[]
}

/** `nodes`: what each holds. `copies`: on how many of them a session must be. */
export function compareReplicas(nodes: readonly (readonly Replica[])[], copies: number): Comparison {
  const texts = new Map<string, string[]>()
  for (const { key, values } of nodes.flat()) {
    const text = JSON.stringify(values)
    const known = texts.get(key)
    if (known === undefined) texts.set(key, [text])
    else known.push(text)
  }
  const all = [...texts]
  return {
    sessions: texts.size,
    scarce: all.filter(([, held]) => held.length < copies).map(([key]) => key),
    different: all.filter(([, held]) => new Set(held).size > 1).map(([key]) => key),
  }
}
