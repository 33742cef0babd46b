/** A scenario for both kinds of manager, one after the other, each with processes of its own. */
import { atEnd, type Owner } from '../kit/owner.ts'
import type { Verdict } from './scenario.ts'
import type { NodeOptions } from './session-node.ts'

export type ManagerKind = NodeOptions['manager']

const KINDS: readonly ManagerKind[] = ['delta', 'backup']

/** On how many of three nodes a session is when all is well. */
export const COPIES = { delta: 3, backup: 2 } as const satisfies Record<ManagerKind, number>

export async function eachManager(
  owner: Owner,
  run: (owner: Owner, manager: ManagerKind) => Promise<Verdict>,
): Promise<Verdict> {
  const verdicts: Verdict[] = []
  for (const kind of KINDS) {
    let close: () => void | Promise<void> = () => {}
    const own: Owner = {
      after: (closeAll) => {
        close = closeAll
      },
    }
    // Where the run itself is ended from outside.
    atEnd(owner, () => close())
    try {
      const { ok, lines } = await run(own, kind)
      verdicts.push({ ok, lines: lines.map((line) => `${kind}: ${line}`) })
    } finally {
      await close()
      close = () => {}
    }
  }
  return { ok: verdicts.every(({ ok }) => ok), lines: verdicts.flatMap(({ lines }) => lines) }
}
