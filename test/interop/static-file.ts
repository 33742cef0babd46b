/** A file as static servers give it: validators, conditional requests, one range. Names as Tomcat's DefaultServlet writes them. */
import { createReadStream, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join } from 'node:path'

export function serveStatic(request: IncomingMessage, response: ServerResponse, folder: string): void {
  const file = join(folder, basename((request.url ?? '').split('?')[0]!))
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    const page = 'error 404\n'
    response.writeHead(404, { 'Content-Type': 'text/plain;charset=utf-8', 'Content-Length': page.length }).end(page)
    return
  }
  const etag = `W/"${stat.size}-${Math.trunc(stat.mtimeMs)}"`
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('ETag', etag)
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('Last-Modified', stat.mtime.toUTCString())
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const isRange = from !== '' || to !== ''
  const first = from === '' ? (isRange ? stat.size - Number(to) : 0) : Number(from)
  const last = from === '' || to === '' ? stat.size - 1 : Math.min(Number(to), stat.size - 1)
  if (first >= stat.size) {
    const page = 'error 416\n'
    response
      .writeHead(416, {
        'Content-Range': `bytes */${stat.size}`,
        'Content-Type': 'text/plain;charset=utf-8',
        'Content-Length': page.length,
      })
      .end(page)
    return
  }
  if (isRange) response.statusCode = 206
  if (isRange) response.setHeader('Content-Range', `bytes ${first}-${last}/${stat.size}`)
  response.setHeader('Content-Type', 'text/plain')
  response.setHeader('Content-Length', last - first + 1)
  if (request.method === 'HEAD') response.end()
  else createReadStream(file, { start: first, end: last }).pipe(response)
}
