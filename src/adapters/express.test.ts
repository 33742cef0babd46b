import { createServer, type RequestListener } from 'node:http'
import express5 from 'express'
// @ts-expect-error: Express 4 has no types of its own, and those of Express 5 fit what is used here
import express4 from 'express4'
import { type AdapterUnderTest, adapterCases } from './adapter.cases.ts'
import { cookieCases } from './cookie.cases.ts'
import { session } from './express.ts'
import { routingCases } from './routing.cases.ts'

for (const [name, express] of [
  ['Express 4', express4 as typeof express5],
  ['Express 5', express5],
] as const) {
  const adapter: AdapterUnderTest = {
    name,
    serve(options, handler) {
      const app = express()
      app.use(session(options))
      app.use((req, res) => void handler(req as never, res))
      return createServer(app as RequestListener)
    },
  }
  adapterCases(adapter)
  cookieCases(adapter)
  routingCases(adapter)
}
