/** An app on Express 4 or 5 with the middleware that most Express apps use. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import compression from 'compression'
import cookieParser from 'cookie-parser'
import express5, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import session, { type Session } from 'express-session'
// @ts-expect-error: Express 4 has no types of its own, and those of Express 5 fit what is used here
import express4 from 'express4'
import morgan from 'morgan'
import multer from 'multer'
import { digest, type Journal } from '../journal.ts'
import { BODY_LIMIT, COOKIE_SECRET, LONG_TEXT, type MakeApp } from './app.ts'
import { describeFiles } from './multipart.ts'
import { serveRaw } from './raw-routes.ts'

export const makeExpress4: MakeApp = (journal, files) => makeExpress(express4 as typeof express5, 4, journal, files)
export const makeExpress5: MakeApp = (journal, files) => makeExpress(express5, 5, journal, files)

function makeExpress(express: typeof express5, version: 4 | 5, journal: Journal, files: string) {
  const app = express()
  app.set('trust proxy', 'loopback')
  app.set('query parser', 'extended')
  app.set('env', 'test')
  app.enable('strict routing')

  app.use((req, res, next) => {
    if (!serveRaw(req, res, journal, files)) next()
  })
  const line = ':remote-addr :method :url HTTP/:http-version :status :res[content-length] ":referrer" ":user-agent"'
  app.use((req, res, next) => {
    const stream = { write: (text: string) => journal.of(req).event(`logged ${text.trim()}`) }
    morgan(line, { stream })(req, res, next)
  })
  app.use(compression())
  app.use(cookieParser(COOKIE_SECRET))

  app.get('/hello', (_req, res) => void res.send('hello'))
  app.use(parsers(express, journal))
  app.use(answers(express, journal))
  app.use(filesOf(express, files))
  app.use('/session', sessions(express))
  app.use('/api/v1', items(express, journal))
  app.use(failures(express, journal, version))
  app.use(errorHandler(journal))
  return { handler: app, close: async () => {} }
}

/** Request bodies. */
function parsers(express: typeof express5, journal: Journal) {
  const router = express.Router()
  const answer: RequestHandler = (req, res) => {
    journal.of(req).note('body', req.body)
    res.json({ is: Buffer.isBuffer(req.body) ? digest(req.body) : req.body })
  }
  const limit = BODY_LIMIT
  router.post('/form', express.urlencoded({ extended: true, limit }), answer)
  router.post('/form-simple', express.urlencoded({ extended: false, limit }), answer)
  router.post('/json', express.json({ limit }), answer)
  router.post('/text', express.text({ limit }), answer)
  router.post('/raw-body', express.raw({ limit }), answer)
  router.post('/any', express.json(), express.urlencoded({ extended: true }), express.text(), express.raw(), answer)
  const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: limit, files: 2 } })
  router.post('/upload', upload.any(), (req, res) => {
    const files = describeFiles(req.files as Express.Multer.File[])
    journal.of(req).note('files', files)
    res.json({ fields: req.body, files })
  })
  router.put('/stream', (req, res) => {
    const pieces: Buffer[] = []
    req.on('data', (piece: Buffer) => pieces.push(piece))
    req.on('end', () => res.type('text').send(digest(Buffer.concat(pieces))))
  })
  router.post('/echo', (req, res) => void req.pipe(res.type(req.get('content-type') ?? 'bin')))
  return router
}

/** Everything that a response object offers. */
function answers(express: typeof express5, journal: Journal) {
  const router = express.Router()
  router.get('/json', (_req, res) => void res.json({ message: 'héllo', list: [1, 2], nested: { nothing: null } }))
  router.get('/jsonp', (_req, res) => void res.jsonp({ message: '</script>' }))
  router.get('/html', (_req, res) => void res.send('<p>é</p>'))
  router.get('/buffer', (_req, res) => void res.send(Buffer.from([0, 1, 2, 255])))
  router.get('/nothing', (_req, res) => void res.send())
  router.get('/null', (_req, res) => void res.send(null))
  router.get('/status/:code', (req, res) => void res.sendStatus(Number(req.params.code)))
  router.get('/big', (_req, res) => void res.type('text').send(LONG_TEXT))
  router.get('/big-stream', (_req, res) => void Readable.from([LONG_TEXT, LONG_TEXT]).pipe(res.type('text')))
  router.get('/stream', (_req, res) => void Readable.from(['one ', 'two ', 'three']).pipe(res))
  router.get('/sse', async (req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    res.write('data: one\n\n')
    res.flush()
    await journal.of(req).meet('one read')
    res.end('data: two\n\n')
  })
  router.get('/users/:user/books/:book', (req, res) => void res.json({ params: req.params, query: req.query }))
  router.get('/query', (req, res) => void res.json(req.query))
  router.get('/fields', (_req, res) => {
    res.set('X-One', 'uno').append('X-Two', 'a').append('X-Two', 'b').vary('Accept').vary('User-Agent')
    res.links({ next: 'http://a/2', last: 'http://a/9' }).type('.html').location('/ünï')
    res.send('fields')
  })
  router.get('/cookies/set', (_req, res) => {
    res.cookie('plain', 'värde; and more').cookie('options', 'x', { httpOnly: true, sameSite: 'lax', path: '/cookies' })
    res.cookie('signed', 'sealed', { signed: true }).cookie('json', { a: 1 }, { maxAge: 0, expires: new Date(0) })
    res.clearCookie('gone').send('set')
  })
  router.get('/cookies/read', (req, res) => void res.json([req.cookies, req.signedCookies]))
  router.get('/redirect/:status', (req, res) => void res.redirect(Number(req.params.status), '/hello?x=ü'))
  router.get('/back', (req, res) => void res.redirect(req.get('Referrer') ?? '/'))
  router.get('/who', (req, res) => {
    const { ip, ips, protocol, secure, hostname, subdomains, originalUrl, baseUrl, path, xhr } = req
    for (const [name, value] of Object.entries({ ip, ips, protocol, secure, hostname, subdomains, originalUrl }))
      journal.of(req).note(name, value)
    res.json({ baseUrl, path, xhr, host: req.get('host') })
  })
  router.get('/negotiate', (_req, res) => {
    res.format({
      text: () => res.send('text'),
      html: () => res.send('<p>html</p>'),
      json: () => res.send({ is: 'json' }),
    })
  })
  router.get('/accepts', (req, res) => {
    res.json({
      types: req.accepts(['json', 'html']),
      all: req.accepts(),
      encodings: req.acceptsEncodings(),
      charsets: req.acceptsCharsets(),
      languages: req.acceptsLanguages(),
      range: req.range(1000),
      is: req.is('json'),
    })
  })
  router.get('/fresh', (req, res) => {
    res.set('ETag', '"v1"').set('Last-Modified', 'Thu, 29 Feb 2024 12:00:00 GMT')
    journal.of(req).note('fresh', [req.fresh, req.stale])
    res.send('fresh?')
  })
  return router
}

function filesOf(express: typeof express5, files: string) {
  const router = express.Router()
  router.get('/file', (_req, res) => res.sendFile(join(files, 'notes.txt')))
  router.get('/file-options', (_req, res) =>
    res.sendFile('notes.txt', { root: files, maxAge: 60_000, acceptRanges: false, headers: { 'X-Sent': 'yes' } }),
  )
  router.get('/file-missing', (_req, res) => res.sendFile(join(files, 'nowhere.txt')))
  router.get('/download', (_req, res) => res.download(join(files, 'ünï çödé.txt'), 'naïve "file".txt'))
  router.get('/piped-file', (_req, res) => void createReadStream(join(files, 'pixel.png')).pipe(res.type('png')))
  router.use('/static', express.static(files, { immutable: true, maxAge: '1d' }))
  router.use('/strict', express.static(files, { dotfiles: 'deny', fallthrough: false, redirect: false }))
  return router
}

/** Session ids are counted, so that they are the same in each arrangement. */
function sessions(express: typeof express5) {
  let ids = 0
  const router = express.Router()
  const genid = () => `session-${++ids}`
  const cookie = { maxAge: undefined as never, secure: 'auto' as const, sameSite: 'strict' as const }
  router.use(session({ secret: COOKIE_SECRET, genid, resave: false, saveUninitialized: false, cookie }))
  // Types give every Request clowder's own session.
  const of = (req: object) => (req as { session: Session & { visits?: number } }).session
  router.get('/count', (req, res) => {
    of(req).visits = (of(req).visits ?? 0) + 1
    res.send(`${of(req).visits}`)
  })
  router.get('/end', (req, res, next) => of(req).destroy((error) => (error ? next(error) : res.send('ended'))))
  router.get('/turn', (req, res, next) => of(req).regenerate((error) => (error ? next(error) : res.send('turned'))))
  return router
}

/** A router below a prefix, with every method. */
function items(express: typeof express5, journal: Journal) {
  const router = express.Router({ mergeParams: true, caseSensitive: true })
  router.param('item', (req, _res, next, item) => {
    journal.of(req).event(`param ${item}`)
    next()
  })
  router
    .route('/items/:item')
    .get((req, res) => void res.send(`item ${req.params.item} below ${req.baseUrl}`))
    .put((req, res) => void res.send(`put ${req.params.item}`))
    .patch((req, res) => void res.send(`patch ${req.params.item}`))
    .delete((_req, res) => void res.status(204).end())
  router.purge('/items/:item', (req, res) => void res.send(`purged ${req.params.item}`))
  router.propfind('/items/:item', (_req, res) => void res.status(207).type('xml').send('<multistatus/>'))
  router.all('/any-method', (req, res) => void res.send(req.method))
  return router
}

function failures(express: typeof express5, journal: Journal, version: 4 | 5) {
  const router = express.Router()
  router.get('/throw', () => {
    throw new Error('thrown')
  })
  router.get('/reject', (_req, _res, next) => {
    const rejected = Promise.reject(new Error('rejected'))
    // Express 5 does this itself.
    return version === 5 ? rejected : void rejected.catch(next)
  })
  router.get('/next-error', (_req, _res, next) =>
    next(Object.assign(new Error('teapot'), { status: 418, headers: { 'X-Kind': 'earthenware' } })),
  )
  router.get('/own-error', (_req, _res, next) => next(Object.assign(new Error('mine'), { own: true })))
  router.get('/broken', async (req, res) => {
    res.type('text').write('half of ')
    res.flush()
    await journal.of(req).meet('half read')
    res.destroy(new Error('broken'))
  })
  router.get('/late-error', async (req, res, next) => {
    res.type('text').write('half of ')
    res.flush()
    await journal.of(req).meet('half read')
    next(new Error('too late for a status'))
  })
  return router
}

function errorHandler(journal: Journal): ErrorRequestHandler {
  return (error: Error & { own?: boolean }, req: Request, res, next) => {
    journal.of(req).note('error', error.message)
    journal.of(req).note('head sent at error', res.headersSent)
    if (error.own === true) res.status(500).json({ error: error.message })
    else next(withoutStack(error))
  }
}

/** Express shows the stack, which names folders. */
function withoutStack(error: Error): Error {
  error.stack = `Error: ${error.message}`
  return error
}
