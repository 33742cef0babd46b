import { createServer, type RequestListener } from 'node:http'
import express5, { type ErrorRequestHandler } from 'express'
// @ts-expect-error: Express 4 has no types of its own, and those of Express 5 fit what is used here
import express4 from 'express4'
import { type AdapterUnderTest, adapterCases } from './adapter.cases.ts'
import { appCases } from './app.cases.ts'
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

  appCases({
    name,
    serve(manager) {
      const app = express()
      app.use(session({ manager }))
      app.get('/count', (req, res) => void res.send(`${counted(req)}`))
      app.get('/cart', ({ session }, res) => {
        session.basket ??= []
        res.send(`${session.basket.push('x')}`)
      })
      app.get('/login', (req, res, next) => {
        req.session.regenerate((error) => {
          if (error) return next(error)
          counted(req)
          req.session.user = 'ann'
          res.send(req.sessionID)
        })
      })
      app.get('/upgrade', (req, res) => {
        req.session.changeId(() => res.send(req.sessionID))
      })
      app.get('/user', (req, res) => void res.send(req.session.user ?? 'nobody'))
      app.get('/logout', (req, res) => {
        req.session.destroy(() => res.send(typeof req.session))
      })
      app.get('/own-cookie', (req, res) => void res.cookie('own', '1').send(`${counted(req)}`))
      app.get('/error', (req) => {
        counted(req)
        throw new Error('oh')
      })
      app.use(((_error, _req, res, _next) => void res.status(500).send('oh')) satisfies ErrorRequestHandler)
      return createServer(app as RequestListener)
    },
  })
}

function counted({ session }: { session: { n?: number } }): number {
  session.n = (session.n ?? 0) + 1
  return session.n
}
