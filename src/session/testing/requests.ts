/** Requests without HTTP, for tests of managers. */
import type { SessionEvent } from '../events.ts'
import type { SessionManager } from '../manager.ts'
import type { TestCluster, TestNode } from './test-cluster.ts'

/** What holds a manager: a node of any kind of test cluster. */
type Node = { readonly manager: SessionManager }

/** One request that sets attributes. Returns the key of its session. */
export function write(node: Node, key: string | undefined, values: Record<string, unknown>): string {
  const visit = node.manager.visit(key === undefined ? undefined : node.manager.find(key))
  for (const [name, value] of Object.entries(values)) visit.set(name, value)
  void visit.commit()
  return visit.key
}

/** What a request would see, undefined if there is no such session. */
export function read(node: Node, key: string): Record<string, unknown> | undefined {
  const session = node.manager.find(key)
  return session && Object.fromEntries(session.names().map((name) => [name, session.get(name)]))
}

/** What a request at that node would see, also of a session that has to be fetched. */
export async function load(
  cluster: TestCluster,
  node: TestNode,
  key: string,
): Promise<Record<string, unknown> | undefined> {
  const session = await cluster.until(Promise.resolve(node.manager.load(key)))
  await cluster.settle()
  return session === undefined ? undefined : read(node, session.key)
}

/** As many sessions, made at that node and known to who keeps them. Each has its number as `i`. */
export async function sessions(cluster: TestCluster, node: TestNode, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, i) => write(node, undefined, { i, name: `user ${i}` }))
  await cluster.settle()
  return keys
}

/** The events of some types, with their origin where they have one. */
export function typesOf(events: readonly SessionEvent[], ...types: SessionEvent['type'][]): string[] {
  return events
    .filter((event) => types.includes(event.type))
    .map((event) => ('origin' in event ? `${event.type} ${event.origin}` : event.type))
}
