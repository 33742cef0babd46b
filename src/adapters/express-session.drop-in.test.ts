import type { RequestListener } from 'node:http'
import expressSession from 'express-session'
import { lone } from './adapter.cases.ts'
import { session } from './express.ts'
import { expressSessionCases } from './express-session.cases.ts'
import { ClowderStore } from './express-session.ts'

const original = (options: object) => expressSession(options as never) as unknown as RequestListener

expressSessionCases({
  kind: 'express-session',
  middleware: original,
  shared: () => ({ store: new expressSession.MemoryStore() }),
})

expressSessionCases({
  kind: 'our Store',
  middleware: (options) => original({ store: new ClowderStore({ manager: lone() }), ...options }),
  shared: () => ({ store: new ClowderStore({ manager: lone() }) }),
})

expressSessionCases({
  kind: 'our middleware',
  middleware: (options) => session({ manager: lone(), ...options }) as unknown as RequestListener,
  shared: () => ({ manager: lone() }),
})
