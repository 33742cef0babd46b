/** An app on Fastify 5 with its own plugins: hooks, schemas, serializers, streams, and the ways out to the raw response. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import fastifyStatic from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { digest, type Journal } from '../journal.ts'
import { BODY_LIMIT, COOKIE_SECRET, LONG_TEXT, type MakeApp } from './app.ts'
import { describeFiles } from './multipart.ts'
import { serveRaw } from './raw-routes.ts'

export const makeFastify: MakeApp = async (journal, files) => {
  const app = fastify({
    trustProxy: '127.0.0.0/8',
    bodyLimit: BODY_LIMIT,
  })
  app.addHttpMethod('PURGE')
  app.addHttpMethod('PROPFIND', { hasBody: true })
  // Before anything reads the body.
  app.addHook('onRequest', (request, reply, done) => {
    if (serveRaw(request.raw, reply.raw, journal, files)) reply.hijack()
    else done()
  })
  hooks(app, journal)
  await app.register(cookie, { secret: COOKIE_SECRET })
  await app.register(formbody)
  await app.register(multipart, { limits: { fileSize: BODY_LIMIT } })
  await app.register(compress, { threshold: 1024, encodings: ['gzip', 'deflate', 'identity'] })
  await app.register(fastifyStatic, { root: files, prefix: '/static/', redirect: true, maxAge: '1d', immutable: true })
  bodies(app, journal)
  answers(app, journal, files)
  messages(app, journal)
  failures(app, journal)
  await app.register(items, { prefix: '/api/v1' })
  await app.ready()
  return { handler: app.routing, close: () => app.close() }

  function items(scope: FastifyInstance, _options: object, done: () => void): void {
    scope.addHook('preHandler', async (request) => journal.of(request.raw).event('hook of the prefix'))
    scope.get<{ Params: { item: string } }>('/items/:item', async (request) => `item ${request.params.item}`)
    scope.put<{ Params: { item: string } }>('/items/:item', async (request) => `put ${request.params.item}`)
    scope.patch<{ Params: { item: string } }>('/items/:item', async (request) => `patch ${request.params.item}`)
    scope.delete('/items/:item', (_request, reply) => void reply.code(204).send())
    scope.options('/items/:item', (_request, reply) => void reply.header('Allow', 'GET,PUT').code(204).send())
    for (const method of ['PURGE', 'PROPFIND']) {
      scope.route({ method, url: '/items/:item', handler: async (request) => request.method })
    }
    scope.all('/any-method', async (request) => request.method)
    done()
  }
}

/** Each hook leaves its name in the order of events. */
function hooks(app: FastifyInstance, journal: Journal): void {
  const says = (name: string, request: FastifyRequest) => journal.of(request.raw).event(name)
  app.addHook('onRequest', async (request) => says('onRequest', request))
  app.addHook('preParsing', async (request) => says('preParsing', request))
  app.addHook('preValidation', async (request) => says('preValidation', request))
  app.addHook('preHandler', async (request) => says('preHandler', request))
  app.addHook('preSerialization', async (request, _reply, payload) => {
    says('preSerialization', request)
    return payload
  })
  app.addHook('onSend', async (request, _reply, payload) => {
    says('onSend', request)
    return payload
  })
  app.addHook('onResponse', async (request, reply) =>
    says(`onResponse ${reply.statusCode}, sent ${reply.sent}`, request),
  )
  app.addHook('onError', async (request, _reply, error) => says(`onError ${error.message}`, request))
  app.addHook('onRequestAbort', async (request) => says('onRequestAbort', request))
}

/** Request bodies. */
function bodies(app: FastifyInstance, journal: Journal): void {
  const parsed = async (request: FastifyRequest) => {
    journal.of(request.raw).note('body', request.body)
    return { is: Buffer.isBuffer(request.body) ? digest(request.body) : request.body }
  }
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
  app.addContentTypeParser('application/x-stream', (_request, payload, done) => done(null, payload))
  for (const path of ['/form', '/json', '/text', '/raw-body', '/any']) app.post(path, parsed)
  const properties = { name: { type: 'string' }, lives: { type: 'integer', maximum: 9 } }
  const schema = { body: { type: 'object', required: ['name'], properties } }
  app.post('/validated', { schema }, parsed)
  app.post('/upload', async (request) => {
    const fields: Record<string, unknown> = {}
    const uploaded = []
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value
      else {
        const buffer = await part.toBuffer()
        uploaded.push({ fieldname: part.fieldname, originalname: part.filename, mimetype: part.mimetype, buffer })
      }
    }
    const files = describeFiles(uploaded)
    journal.of(request.raw).note('files', files)
    return { fields, files }
  })
  app.put('/stream', { bodyLimit: 1 << 23 }, async (request, reply) => {
    reply.type('text/plain')
    return digest(request.body as Buffer)
  })
  app.post('/echo', (request, reply) => void reply.type('application/x-stream').send(request.body))
}

/** Everything that a reply offers. */
function answers(app: FastifyInstance, journal: Journal, files: string): void {
  app.get('/hello', async () => 'hello')
  app.get('/json', async () => ({ message: 'héllo', list: [1, 2], nested: { nothing: null } }))
  const response = { 200: { type: 'object', properties: { shown: { type: 'string' }, count: { type: 'integer' } } } }
  app.get('/serialized', { schema: { response } }, async () => ({ shown: 'yes', hidden: 'no', count: '7' }))
  app.get('/own-serializer', (_request, reply) => {
    reply
      .serializer((value) => `<value>${JSON.stringify(value)}</value>`)
      .type('application/xml')
      .send({ a: 1 })
  })
  app.get('/html', (_request, reply) => void reply.type('text/html').send('<p>é</p>'))
  app.get('/buffer', (_request, reply) => void reply.send(Buffer.from([0, 1, 2, 255])))
  app.get('/nothing', (_request, reply) => void reply.send())
  app.get('/null', async (_request, reply) => void (await reply.send(null)))
  app.get<{ Params: { code: number } }>('/status/:code', (request, reply) => {
    void reply.code(Number(request.params.code)).send()
  })
  app.get('/big', async (_request, reply) => {
    reply.type('text/plain')
    return LONG_TEXT
  })
  app.get('/big-stream', (_request, reply) => void reply.type('text/plain').send(Readable.from([LONG_TEXT, LONG_TEXT])))
  app.get('/stream', (_request, reply) => void reply.send(Readable.from(['one ', 'two ', 'three'])))
  app.get('/web-stream', (_request, reply) => {
    const body = new ReadableStream({
      start(controller) {
        for (const word of ['web ', 'stream']) controller.enqueue(new TextEncoder().encode(word))
        controller.close()
      },
    })
    void reply.send(body)
  })
  app.get('/web-response', (_request, reply) => {
    void reply.send(new Response('web response', { status: 201, headers: { 'X-Web': 'yes' } }))
  })
  app.get('/sse', async (request, reply) => {
    reply.hijack()
    journal.of(request.raw).note('sent when hijacked', reply.sent)
    reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    reply.raw.write('data: one\n\n')
    await journal.of(request.raw).meet('one read')
    reply.raw.end('data: two\n\n')
  })
  app.get('/users/:user/books/:book', async (request) => ({ params: request.params, query: request.query }))
  app.get('/query', async (request) => request.query)
  app.get('/fields', (_request, reply) => {
    reply.header('X-One', 'uno').headers({ 'x-two': 'a', 'X-Three': 3 }).header('Set-Cookie', 'a=1')
    reply.header('Set-Cookie', 'b=2').header('X-Gone', 'gone').removeHeader('X-Gone').send('fields')
  })
  app.get('/timing', (request, reply) => {
    journal.of(request.raw).note('has elapsed', reply.elapsedTime >= 0)
    reply.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => void reply.send('hinted'))
  })
  app.get('/trailer', (_request, reply) => {
    reply.trailer('X-Sum', async () => 'abc').send('with a trailer')
  })
  app.get('/hijacked-end', (_request, reply) => {
    reply.hijack()
    reply.raw.end('by hand')
  })
  app.get('/download', (_request, reply) => {
    const attachment = 'attachment; filename="naive.txt"; filename*=UTF-8\'\'na%C3%AFve.txt'
    void reply.header('Content-Disposition', attachment).send(createReadStream(join(files, 'ünï çödé.txt')))
  })
  app.get('/file', (_request, reply) => reply.sendFile('notes.txt'))
  app.get('/file-missing', (_request, reply) => reply.sendFile('nowhere.txt'))
  app.get('/piped-file', (_request, reply) => reply.type('image/png').send(createReadStream(join(files, 'pixel.png'))))
}

/** What a request says, cookies and redirects. */
function messages(app: FastifyInstance, journal: Journal): void {
  app.get('/cookies/set', (_request, reply) => {
    reply.setCookie('plain', 'värde; and more').setCookie('options', 'x', { httpOnly: true, sameSite: 'lax' })
    reply.setCookie('signed', 'sealed', { signed: true }).clearCookie('gone').send('set')
  })
  app.get('/cookies/read', async (request) => {
    return [request.cookies, request.unsignCookie(request.cookies.signed ?? '')]
  })
  app.get<{ Params: { status: number } }>('/redirect/:status', (request, reply: FastifyReply) => {
    return reply.redirect('/hello?x=ü', Number(request.params.status))
  })
  app.get('/who', async (request) => {
    const { ip, ips, protocol, hostname, host, port, url, originalUrl, routeOptions } = request
    for (const [name, value] of Object.entries({ ip, ips, protocol, hostname, host, port, originalUrl }))
      journal.of(request.raw).note(name, value)
    journal.of(request.raw).note('same socket', request.socket === request.raw.socket)
    return { url, route: routeOptions.url, is404: request.is404 }
  })
  app.get('/fresh', (_request, reply) => void reply.header('ETag', '"v1"').send('fresh?'))
}

function failures(app: FastifyInstance, journal: Journal): void {
  app.get('/throw', () => {
    throw new Error('thrown')
  })
  app.get('/reject', async () => {
    throw new Error('rejected')
  })
  app.get('/next-error', (_request, reply) => {
    reply.header('X-Kind', 'earthenware').send(Object.assign(new Error('teapot'), { statusCode: 418 }))
  })
  app.get('/own-error', async () => {
    throw new Error('mine')
  })
  app.get('/call-not-found', (_request, reply) => void reply.callNotFound())
  app.get('/broken', (request, reply) => {
    async function* halves() {
      yield 'half of '
      await journal.of(request.raw).meet('half read')
      throw new Error('broken')
    }
    reply.type('text/x-own').send(Readable.from(halves()))
  })
  app.get('/late-error', async (request, reply) => {
    reply.raw.write('half of ')
    await journal.of(request.raw).meet('half read')
    reply.raw.destroy(new Error('too late for a status'))
    return reply.hijack()
  })
  app.setErrorHandler((error: Error, request, reply) => {
    journal.of(request.raw).note('error', error.message)
    if (error.message === 'mine') void reply.code(500).send({ error: error.message })
    // Fastify's own handler.
    else throw error
  })
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send({ not: 'found', is404: request.is404 })
  })
}
