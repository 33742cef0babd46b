/**
 * An Express app with sessions that outlive its processes. Run it alone, or on a whole cluster:
 *
 *   node examples/express/app.mjs
 *   npx clowder up --app examples/express/app.mjs
 *
 * Alone, the sessions are in this process. In a clowder worker `session()` finds the sessions that the worker shares with
 * the others; nothing in the app changes.
 */
import { pathToFileURL } from 'node:url'
import session from 'clowder/express'
import express from 'express'

const app = express()
app.disable('x-powered-by')
app.use(session())

app.get('/', (request, response) => {
  request.session.views = (request.session.views ?? 0) + 1
  response.type('text').send(`${request.session.views} ${request.session.id}\n`)
})

/** A list that is changed in place: the change is found and replicated at the end of the request. */
app.post('/cart/:item', (request, response) => {
  request.session.cart ??= []
  const { cart } = request.session
  if (cart.length < 100) cart.push(request.params.item.slice(0, 100))
  response.json(cart)
})

/** A new id at login, so that whoever knew the old one knows nothing. */
app.post('/login', async (request, response) => {
  await request.session.changeId()
  request.session.user = 'felix'
  response.json({ user: request.session.user, id: request.session.id })
})

app.post('/logout', async (request, response) => {
  await request.session.destroy()
  response.status(204).end()
})

export default app

// As a program: `node app.mjs [PORT]`.
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const server = app.listen(Number(process.argv[2] ?? 3000), '127.0.0.1', () =>
    console.log(`http://127.0.0.1:${server.address().port}/`),
  )
}
