/** An app on Hono over @hono/node-server: web requests, responses and streams on top of node:http's. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { serveStatic } from '@hono/node-server/serve-static'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { basicAuth } from 'hono/basic-auth'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { digest, type Journal } from '../journal.ts'
import { BODY_LIMIT, COOKIE_SECRET, LONG_TEXT, type MakeApp } from './app.ts'
import { describeFiles } from './multipart.ts'
import { serveRaw } from './raw-routes.ts'

interface Env {
  Bindings: HttpBindings
}

export const makeHono: MakeApp = (journal, files) => {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    if (serveRaw(c.env.incoming, c.env.outgoing, journal, files)) return RESPONSE_ALREADY_SENT
    journal.of(c.env.incoming).event('in')
    await next()
    journal.of(c.env.incoming).event(`out ${c.res.status}`)
    return undefined
  })
  app.use('/big*', compress())
  app.use('/json', etag())
  app.use('/file', etag())
  app.use('/static/*', serveStatic({ root: files, rewriteRequestPath: (path) => path.replace(/^\/static/, '') }))
  bodies(app, journal)
  answers(app, journal, files)
  messages(app, journal)
  failures(app, journal)
  app.route('/api/v1', items(journal))
  const listener = getRequestListener(app.fetch)
  return {
    handler: (request, response) => {
      // Hono answers HEAD with a copy of GET's response, which is no longer the one that says `already sent`.
      if (request.method === 'HEAD' && serveRaw(request, response, journal, files)) return
      void listener(request, response)
    },
    close: async () => {},
  }
}

function bodies(app: Hono<Env>, journal: Journal): void {
  const limited = bodyLimit({ maxSize: BODY_LIMIT, onError: (c) => c.text('too large', 413) })
  const route = (path: string, parse: (c: Context<Env>) => Promise<unknown>) =>
    app.post(path, limited, async (c) => {
      const body = await parse(c)
      journal.of(c.env.incoming).note('body', body)
      return c.json({ is: body })
    })
  route('/form', (c) => c.req.parseBody({ all: true, dot: true }))
  route('/json', (c) => c.req.json())
  route('/text', (c) => c.req.text())
  route('/raw-body', async (c) => digest(new Uint8Array(await c.req.arrayBuffer())))
  route('/blob', async (c) => [(await c.req.blob()).size, c.req.header('content-type') ?? ''])
  app.post('/upload', limited, async (c) => {
    const fields: Record<string, string> = {}
    const uploaded = []
    for (const [fieldname, value] of await c.req.formData()) {
      if (typeof value === 'string') fields[fieldname] = value
      else {
        const buffer = new Uint8Array(await value.arrayBuffer())
        uploaded.push({ fieldname, originalname: value.name, mimetype: value.type, buffer })
      }
    }
    const described = describeFiles(uploaded)
    journal.of(c.env.incoming).note('files', described)
    return c.json({ fields, files: described })
  })
  app.put('/stream', async (c) => {
    const pieces: Uint8Array[] = []
    for await (const piece of c.req.raw.body ?? []) pieces.push(piece as Uint8Array)
    return c.text(digest(Buffer.concat(pieces)))
  })
  app.post('/echo', (c) =>
    c.body(c.req.raw.body as ReadableStream, 200, { 'Content-Type': c.req.header('content-type') ?? '' }),
  )
}

function answers(app: Hono<Env>, journal: Journal, files: string): void {
  app.get('/hello', (c) => c.text('hello'))
  app.get('/json', (c) => c.json({ message: 'héllo', list: [1, 2], nested: { nothing: null } }))
  app.get('/html', (c) => c.html('<p>é</p>'))
  app.get('/buffer', (c) => c.body(new Uint8Array([0, 1, 2, 255])))
  app.get('/nothing', (c) => c.body(null))
  app.get('/null', () => new Response(null, { status: 200 }))
  app.get('/status/:code', (c) => c.body(null, Number(c.req.param('code')) as 503))
  app.get('/big', (c) => c.text(LONG_TEXT))
  app.get('/big-stream', (c) =>
    c.body(webStream(Readable.from([LONG_TEXT, LONG_TEXT])), 200, { 'Content-Type': 'text/plain' }),
  )
  app.get('/stream', (c) =>
    stream(c, async (to) => {
      for (const word of ['one ', 'two ', 'three']) await to.write(word)
    }),
  )
  app.get('/stream-text', (c) =>
    streamText(c, async (to) => {
      await to.writeln('first')
      await journal.of(c.env.incoming).meet('first read')
      await to.write('second')
    }),
  )
  app.get('/sse', (c) =>
    streamSSE(c, async (to) => {
      await to.writeSSE({ data: 'one', id: '1' })
      await journal.of(c.env.incoming).meet('one read')
      await to.writeSSE({ data: 'two', event: 'last' })
    }),
  )
  app.get('/web-stream', (c) => {
    const body = new ReadableStream({
      start(controller) {
        for (const word of ['web ', 'stream']) controller.enqueue(new TextEncoder().encode(word))
        controller.close()
      },
    })
    return c.body(body)
  })
  app.get('/endless-stream', (c) => {
    const visit = journal.of(c.env.incoming)
    c.req.raw.signal.addEventListener('abort', () => visit.note('signal', 'aborted'))
    return c.body(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1 << 14)),
        cancel: () => visit.note('stream', 'cancelled'),
      }),
    )
  })
  app.get('/blob', () => new Response(new Blob(['blob'], { type: 'text/x-blob' })))
  app.get('/web-response', () => new Response('web response', { status: 201, headers: { 'X-Web': 'yes' } }))
  app.get('/reason', () => new Response('reason', { status: 299, statusText: 'Quite Well' }))
  app.get('/hijacked-end', (c) => {
    c.env.outgoing.end('by hand')
    return RESPONSE_ALREADY_SENT
  })
  app.get('/download', (c) => {
    c.header('Content-Disposition', "attachment; filename*=UTF-8''na%C3%AFve.txt")
    return c.body(webStream(createReadStream(join(files, 'ünï çödé.txt'))))
  })
  app.get('/file', serveStatic({ path: join(files, 'notes.txt') }))
  app.get('/file-missing', serveStatic({ path: join(files, 'nowhere.txt') }))
  app.get('/piped-file', (c) =>
    c.body(webStream(createReadStream(join(files, 'pixel.png'))), 200, { 'Content-Type': 'image/png' }),
  )
}

function messages(app: Hono<Env>, journal: Journal): void {
  app.get('/users/:user/books/:book', (c) => c.json({ params: c.req.param(), query: c.req.queries() }))
  app.get('/query', (c) => c.json(c.req.queries()))
  app.get('/fields', (c) => {
    c.header('X-One', 'uno')
    c.header('X-Two', 'a')
    c.header('X-Two', 'b', { append: true })
    c.header('Set-Cookie', 'a=1', { append: true })
    c.header('Set-Cookie', 'b=2', { append: true })
    c.status(202)
    return c.text('fields')
  })
  app.get('/cookies/set', async (c) => {
    setCookie(c, 'plain', 'värde; and more')
    setCookie(c, 'options', 'x', { httpOnly: true, sameSite: 'Lax', path: '/cookies' })
    await setSignedCookie(c, 'signed', 'sealed', COOKIE_SECRET)
    return c.text('set')
  })
  app.get('/cookies/read', async (c) => c.json([getCookie(c), await getSignedCookie(c, COOKIE_SECRET, 'signed')]))
  app.get('/redirect/:status', (c) => c.redirect('/hello?x=ü', Number(c.req.param('status')) as 302))
  app.get('/who', (c) => {
    const visit = journal.of(c.env.incoming)
    const { address, addressType, port } = getConnInfo(c).remote
    visit.note('address', [address, addressType, typeof port])
    visit.note('url', c.req.url)
    return c.json({ path: c.req.path, routes: c.req.method })
  })
  app.get('/negotiate', (c) => {
    const type = accepts(c, { header: 'Accept', supports: ['text/html', 'application/json'], default: 'text/plain' })
    return c.body(`is ${type}`, 200, { 'Content-Type': type })
  })
  app.get('/fresh', etag({ weak: true }), (c) => c.text('fresh?'))
  app.use('/shared', cors({ origin: 'http://there.example', maxAge: 9 }), secureHeaders())
  app.get('/shared', (c) => c.text('shared'))
  app.get('/private', basicAuth({ username: 'cat', password: 'meow' }), (c) => c.text('private'))
}

function failures(app: Hono<Env>, journal: Journal): void {
  app.get('/throw', () => {
    throw new Error('thrown')
  })
  app.get('/reject', async () => {
    await Promise.reject(new Error('rejected'))
    return new Response()
  })
  app.get('/next-error', () => {
    throw new HTTPException(418, { message: 'teapot' })
  })
  app.get('/own-error', () => {
    throw new HTTPException(500, { res: new Response('mine', { status: 500, headers: { 'X-Kind': 'own' } }) })
  })
  app.get('/broken', (c) =>
    c.body(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('half of '))
          await journal.of(c.env.incoming).meet('half read')
          controller.error(new Error('broken'))
        },
      }),
    ),
  )
  app.onError((error, c) => {
    journal.of(c.env.incoming).note('error', error.message)
    return error instanceof HTTPException ? error.getResponse() : c.text(`failed: ${error.message}`, 500)
  })
  app.notFound((c) => c.json({ not: 'found' }, 404))
}

function items(journal: Journal): Hono<Env> {
  const router = new Hono<Env>()
  router.use(async (c, next) => {
    journal.of(c.env.incoming).event('middleware of the prefix')
    await next()
  })
  router.get('/items/:item', (c) => c.text(`item ${c.req.param('item')}`))
  router.put('/items/:item', (c) => c.text(`put ${c.req.param('item')}`))
  router.patch('/items/:item', (c) => c.text(`patch ${c.req.param('item')}`))
  router.delete('/items/:item', (c) => c.body(null, 204))
  router.on(['PURGE', 'PROPFIND'], '/items/:item', (c) => c.text(c.req.method))
  router.all('/any-method', (c) => c.text(c.req.method))
  return router
}

function webStream(readable: Readable): ReadableStream {
  return Readable.toWeb(readable) as ReadableStream
}
