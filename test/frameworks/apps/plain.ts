/** An app on node:http alone: the raw routes, and what little an app without framework adds by itself. */
import multer from 'multer'
import type { MakeApp } from './app.ts'
import { BODY_LIMIT } from './app.ts'
import { describeFiles } from './multipart.ts'
import { serveRaw } from './raw-routes.ts'

export const plain: MakeApp = (journal, files) => {
  // Made for Express, but asks for no more than the request.
  const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: BODY_LIMIT } }).any()
  return {
    handler: (request, response) => {
      if (serveRaw(request, response, journal, files)) return
      const { pathname, searchParams } = new URL(request.url ?? '', `http://${request.headers.host}`)
      if (pathname === '/hello') {
        response.setHeader('Content-Type', 'text/plain')
        response.end('hello')
      } else if (pathname === '/query') {
        response.end(JSON.stringify([...searchParams]))
      } else if (pathname === '/upload') {
        upload(request as never, response as never, (error: unknown) => {
          const { body, files } = request as never as { body: object; files: Express.Multer.File[] }
          response.statusCode = error === undefined ? 200 : 413
          response.end(error === undefined ? JSON.stringify([body, describeFiles(files)]) : String(error))
        })
      } else {
        response.writeHead(404).end('nothing here')
      }
    },
    close: async () => {},
  }
}
