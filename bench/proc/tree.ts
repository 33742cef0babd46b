/** Who belongs to whom: the processes below a few roots, each with the name of the root it counts for. */

/** A process the bench started, under the name its figures are shown with. */
export interface RootProcess {
  readonly role: string
  readonly pid: number
}

/**
 * Finds every process in the trees of the roots. Roots may stand below other roots (a supervisor and its workers): a
 * process counts for the nearest root above it, and never twice.
 */
export function rolesOf(roots: readonly RootProcess[], parents: ReadonlyMap<number, number>): Map<number, string> {
  const roles = new Map(roots.map((root) => [root.pid, root.role]))
  const rootPids = new Set(roles.keys())
  for (const pid of parents.keys()) {
    const root = nearestRoot(pid, rootPids, parents)
    if (root !== undefined) roles.set(pid, roles.get(root)!)
  }
  return roles
}

function nearestRoot(
  pid: number,
  roots: ReadonlySet<number>,
  parents: ReadonlyMap<number, number>,
): number | undefined {
  let current: number | undefined = pid
  // A listing is not taken at one instant, so a reused pid could close a circle.
  for (let depth = 0; current !== undefined && depth < 64; depth++) {
    if (roots.has(current)) return current
    current = parents.get(current)
  }
  return undefined
}
