/** What holds for a manager of any kind. */
import { describe } from 'node:test'
import { endingCases } from './ending.cases.ts'
import type { SessionManagerOptions } from './options.ts'
import { replicationCases } from './replication.cases.ts'
import { TestCluster } from './testing/test-cluster.ts'

const kinds: readonly [name: string, options: Partial<SessionManagerOptions>][] = [
  ['delta', { manager: 'delta' }],
  ['backup, with a copy on every node', { manager: 'backup', backups: 8 }],
]

for (const [name, options] of kinds) {
  describe(name, () => {
    replicationCases(() => new TestCluster(options))
    endingCases(() => new TestCluster(options))
  })
}
