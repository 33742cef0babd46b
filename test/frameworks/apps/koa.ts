/** An app on Koa with its usual middleware: router, body parser, send, compression, signed cookies. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import Router from '@koa/router'
import { send } from '@koa/send'
import Koa, { type Context } from 'koa'
import bodyParser from 'koa-bodyparser'
import compress from 'koa-compress'
import multer from 'multer'
import { digest, type Journal } from '../journal.ts'
import { BODY_LIMIT, COOKIE_SECRET, LONG_TEXT, type MakeApp } from './app.ts'
import { describeFiles } from './multipart.ts'
import { serveRaw } from './raw-routes.ts'

export const makeKoa: MakeApp = (journal, files) => {
  const app = new Koa({ proxy: true, keys: [COOKIE_SECRET] })
  app.on('error', (error: Error, ctx?: Context) => {
    if (ctx !== undefined && !isOfSocket(error)) journal.of(ctx.req).event(`app error ${error.message}`)
  })
  app.use(async (ctx, next) => {
    // Koa has made it 404 until somebody sets a body.
    ctx.res.statusCode = 200
    if (serveRaw(ctx.req, ctx.res, journal, files)) {
      ctx.respond = false
      return
    }
    ctx.res.statusCode = 404
    await next()
  })
  app.use(async (ctx, next) => {
    journal.of(ctx.req).event('down')
    await next()
    journal.of(ctx.req).event(`up ${ctx.status}`)
  })
  app.use(compress({ threshold: 1024, br: false, zstd: false } as object))
  const limit = `${BODY_LIMIT}`
  app.use(bodyParser({ enableTypes: ['json', 'form', 'text'], jsonLimit: limit, formLimit: limit, textLimit: limit }))
  app.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/static/')) return next()
    await send(ctx as never, ctx.path.slice('/static/'.length), {
      root: files,
      index: 'index.html',
      maxAge: 86_400_000,
    })
  })
  for (const router of [bodies(journal), answers(journal, files), failures(journal), items(journal)]) {
    app.use(router.routes()).use(router.allowedMethods())
  }
  return { handler: app.callback(), close: async () => {} }
}

/** How a client that leaves shows depends on the moment. */
const isOfSocket = ({ code = '' }: NodeJS.ErrnoException): boolean => /^(?:ECONNRESET|EPIPE|HPE_)/.test(code)

async function read(ctx: Context): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of ctx.req) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

function bodies(journal: Journal): Router {
  const router = new Router()
  for (const path of ['/form', '/json', '/text', '/any']) {
    router.post(path, (ctx) => {
      const { body } = ctx.request as unknown as { body: unknown }
      journal.of(ctx.req).note('body', body)
      ctx.body = { is: body }
    })
  }
  router.post('/raw-body', async (ctx) => {
    ctx.body = { is: digest(await read(ctx as never)) }
  })
  const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: BODY_LIMIT } }).any()
  router.post('/upload', async (ctx) => {
    const request = ctx.req as unknown as { body: object; files: Express.Multer.File[] }
    await new Promise<void>((done, fail) => {
      upload(request as never, ctx.res as never, (error: unknown) => (error ? fail(error) : done()))
    }).catch((error: Error) => ctx.throw(413, error.message))
    const files = describeFiles(request.files)
    journal.of(ctx.req).note('files', files)
    ctx.body = { fields: request.body, files }
  })
  router.put('/stream', async (ctx) => {
    ctx.body = digest(await read(ctx as never))
  })
  router.post('/echo', (ctx) => {
    ctx.type = ctx.get('content-type')
    ctx.body = ctx.req.pipe(new PassThrough())
  })
  return router
}

/** Every kind of body, and what the request says. */
function answers(journal: Journal, files: string): Router {
  const router = new Router()
  const bodies: Readonly<Record<string, () => unknown>> = {
    '/hello': () => 'hello',
    '/json': () => ({ message: 'héllo', list: [1, 2], nested: { nothing: null } }),
    '/html': () => '<p>é</p>',
    '/buffer': () => Buffer.from([0, 1, 2, 255]),
    '/null': () => null,
    '/big': () => LONG_TEXT,
    '/big-stream': () => Readable.from([LONG_TEXT, LONG_TEXT]),
    '/stream': () => Readable.from(['one ', 'two ', 'three']),
    '/web-stream': () => new Blob(['web ', 'stream']).stream(),
    '/web-response': () => new Response('web response', { status: 201, headers: { 'X-Web': 'yes' } }),
    '/blob': () => new Blob(['blob'], { type: 'text/x-blob' }),
    '/piped-file': () => createReadStream(join(files, 'pixel.png')),
  }
  for (const [path, body] of Object.entries(bodies)) {
    router.get(path, (ctx) => {
      ctx.body = body()
      if (path.startsWith('/big-')) ctx.type = 'text/plain'
    })
  }
  router.get('/nothing', (ctx) => {
    ctx.status = 200
  })
  router.get('/status/:code', (ctx) => {
    ctx.status = Number(ctx.params.code)
  })
  router.get('/sse', async (ctx) => {
    ctx.type = 'text/event-stream'
    ctx.compress = false
    const body = new PassThrough()
    ctx.body = body
    body.write('data: one\n\n')
    void journal
      .of(ctx.req)
      .meet('one read')
      .then(() => body.end('data: two\n\n'))
  })
  router.get('/users/:user/books/:book', (ctx) => {
    ctx.body = { params: ctx.params, query: ctx.query }
  })
  router.get('/query', (ctx) => {
    ctx.body = ctx.query
  })
  router.get('/fields', (ctx) => {
    ctx.set('X-One', 'uno')
    ctx.append('X-Two', 'a')
    ctx.append('X-Two', 'b')
    ctx.append('Link', ['<http://a/2>', '<http://a/9>'])
    ctx.vary('Accept')
    ctx.set({ ETag: '"v1"', 'Last-Modified': 'Thu, 29 Feb 2024 12:00:00 GMT' })
    ctx.remove('X-One')
    ctx.message = 'All Right'
    ctx.body = 'fields'
  })
  router.get('/cookies/set', (ctx) => {
    ctx.cookies.set('plain', 'value', { signed: false })
    ctx.cookies.set('options', 'x', { signed: false, httpOnly: false, sameSite: 'lax', path: '/cookies' })
    ctx.cookies.set('signed', 'sealed', { signed: true })
    ctx.cookies.set('gone', null, { signed: false })
    ctx.body = 'set'
  })
  router.get('/cookies/read', (ctx) => {
    ctx.body = ['plain', 'signed', 'other'].map((name) => ctx.cookies.get(name, { signed: name === 'signed' }) ?? null)
  })
  router.get('/redirect/:status', (ctx) => {
    ctx.status = Number(ctx.params.status)
    ctx.redirect('/hello?x=ü')
  })
  router.get('/back', (ctx) => ctx.back('/'))
  router.get('/who', (ctx) => {
    const { ip, ips, protocol, secure, host, hostname, origin, href, subdomains, originalUrl } = ctx
    for (const [name, value] of Object.entries({ ip, ips, protocol, secure, host, hostname, origin, href, subdomains }))
      journal.of(ctx.req).note(name, value)
    ctx.body = { originalUrl, path: ctx.path, length: ctx.length ?? null, search: ctx.search }
  })
  router.get('/negotiate', (ctx) => {
    const type = ctx.accepts('text', 'html', 'json')
    if (typeof type !== 'string') return ctx.throw(406)
    ctx.vary('Accept')
    ctx.type = type
    ctx.body = `is ${type}`
  })
  router.get('/accepts', (ctx) => {
    ctx.body = {
      types: ctx.accepts('json', 'html'),
      encodings: ctx.acceptsEncodings(),
      charsets: ctx.acceptsCharsets(),
      languages: ctx.acceptsLanguages(),
      is: ctx.is('json'),
    }
  })
  router.get('/fresh', (ctx) => {
    ctx.status = 200
    ctx.etag = 'v1'
    ctx.lastModified = new Date('2024-02-29T12:00:00Z')
    journal.of(ctx.req).note('fresh', [ctx.fresh, ctx.stale])
    if (ctx.fresh) ctx.status = 304
    else ctx.body = 'fresh?'
  })
  router.get('/download', async (ctx) => {
    ctx.attachment('naïve "file".txt')
    await send(ctx as never, 'ünï çödé.txt', { root: files })
  })
  router.get('/file', (ctx) => send(ctx as never, 'notes.txt', { root: files, maxAge: 60_000 }))
  router.get('/file-missing', (ctx) => send(ctx as never, 'nowhere.txt', { root: files }))
  router.get('/hijacked-end', (ctx) => {
    ctx.respond = false
    ctx.res.statusCode = 200
    ctx.res.end('by hand')
  })
  return router
}

function failures(journal: Journal): Router {
  const router = new Router()
  router.get('/throw', () => {
    throw new Error('thrown')
  })
  router.get('/reject', async () => {
    await Promise.reject(new Error('rejected'))
  })
  router.get('/next-error', (ctx) => ctx.throw(418, 'teapot', { headers: { 'X-Kind': 'earthenware' } }))
  router.get('/assert', (ctx) => ctx.assert(ctx.query.user, 401, 'who are you'))
  router.get('/own-error', async (ctx, next) => {
    try {
      await next()
      throw new Error('mine')
    } catch (error) {
      ctx.status = 500
      ctx.body = { error: (error as Error).message }
      ctx.app.emit('error', error, ctx)
    }
  })
  router.get('/broken', (ctx) => {
    async function* halves() {
      yield 'half of '
      await journal.of(ctx.req).meet('half read')
      throw new Error('broken')
    }
    ctx.compress = false
    ctx.body = Readable.from(halves())
  })
  return router
}

function items(journal: Journal): Router {
  const router = new Router({
    prefix: '/api/v1',
    methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'PURGE', 'PROPFIND'],
  })
  router.param('item', (item, ctx, next) => {
    journal.of(ctx.req).event(`param ${item}`)
    return next()
  })
  router.get('/items/:item', (ctx) => {
    ctx.body = `item ${ctx.params.item}`
  })
  router.put('/items/:item', (ctx) => {
    ctx.body = `put ${ctx.params.item}`
  })
  router.patch('/items/:item', (ctx) => {
    ctx.body = `patch ${ctx.params.item}`
  })
  router.delete('/items/:item', (ctx) => {
    ctx.status = 204
  })
  router.register('/items/:item', ['PURGE', 'PROPFIND'], (ctx: Context) => {
    ctx.body = ctx.method
  })
  router.all('/any-method', (ctx) => {
    ctx.body = ctx.method
  })
  return router
}
