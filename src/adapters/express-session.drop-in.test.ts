import type { RequestListener } from 'node:http'
import expressSession from 'express-session'
import { lone } from './adapter.cases.ts'
import { session } from './express.ts'
import { type Arrangement, expressSessionCases } from './express-session.cases.ts'
import { ClowderStore } from './express-session.ts'
import { expressSessionOptionCases } from './express-session-options.cases.ts'

function compare(arrangement: Arrangement): void {
  expressSessionCases(arrangement)
  expressSessionOptionCases(arrangement)
}

const original = (options: object) => expressSession(options as never) as unknown as RequestListener

compare({
  kind: 'express-session',
  middleware: original,
  shared: () => ({ store: new expressSession.MemoryStore() }),
})

compare({
  kind: 'our Store',
  middleware: (options) => original({ store: new ClowderStore({ manager: lone() }), ...options }),
  shared: () => ({ store: new ClowderStore({ manager: lone() }) }),
})

compare({
  kind: 'our middleware',
  middleware: (options) => session({ manager: lone(), ...options }) as unknown as RequestListener,
  shared: () => ({ manager: lone() }),
})
