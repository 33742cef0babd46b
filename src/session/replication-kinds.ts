/** Where sessions are kept, by the manager's kind. */
import { BackupReplication } from './backup-replication.ts'
import { DeltaReplication } from './delta-replication.ts'
import { PersistentReplication } from './persistent/persistent-replication.ts'
import type { Replication, ReplicationParts } from './replication.ts'

export function replicationOf(parts: ReplicationParts): Replication {
  const { manager, name, store } = parts.options
  if (store !== undefined) return new PersistentReplication(parts, store.open(name))
  return manager === 'backup' ? new BackupReplication(parts) : new DeltaReplication(parts)
}
