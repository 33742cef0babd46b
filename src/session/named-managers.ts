/** Managers by Tomcat's names, for who writes code; options name them by `manager`. */
import { SessionManager } from './manager.ts'
import type { SessionManagerOptions } from './options.ts'
import type { SessionValues } from './session.ts'

/** Every session on every node. For up to about four nodes, as Tomcat advises for its own. */
export class DeltaManager<Data extends object = SessionValues> extends SessionManager<Data> {
  constructor(options: SessionManagerOptions) {
    super({ ...options, manager: 'delta' })
  }
}

/** Every session on the node that serves it and on `backups` others. What a node costs does not grow with the cluster. */
export class BackupManager<Data extends object = SessionValues> extends SessionManager<Data> {
  constructor(options: SessionManagerOptions) {
    super({ ...options, manager: 'backup' })
  }
}
