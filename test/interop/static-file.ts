/** A file as static servers give it: validators, conditional requests, one range; fields as Tomcat's DefaultServlet writes them. */
import { createReadStream, type Stats, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join } from 'node:path'

export function serveStatic(request: IncomingMessage, response: ServerResponse, folder: string): void {
  const file = join(folder, basename((request.url ?? '').split('?')[0]!))
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) {
    sendError(response, 404)
    return
  }
  const etag = `W/"${stat.size}-${Math.trunc(stat.mtimeMs)}"`
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ETag: etag }).end()
    return
  }
  response.setHeader('Accept-Ranges', 'bytes')
  const range = rangeOf(request.headers.range, stat)
  if (range === undefined) {
    response.setHeader('Content-Range', `bytes */${stat.size}`)
    sendError(response, 416)
    return
  }
  const { first, last } = range
  if (first > 0 || last < stat.size - 1) {
    response.statusCode = 206
    response.setHeader('Content-Range', `bytes ${first}-${last}/${stat.size}`)
  }
  response.setHeader('ETag', etag)
  response.setHeader('Last-Modified', stat.mtime.toUTCString())
  response.setHeader('Content-Type', 'text/plain')
  response.setHeader('Content-Length', last - first + 1)
  if (request.method === 'HEAD') response.end()
  else createReadStream(file, { start: first, end: last }).pipe(response)
}

/** `first-last`, `first-` or `-count`; undefined when it begins behind the end. */
function rangeOf(value: string | undefined, { size }: Stats): { first: number; last: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(value ?? '') ?? []
  if (from === '' && to === '') return { first: 0, last: size - 1 }
  if (from === '') return { first: Math.max(0, size - Number(to)), last: size - 1 }
  if (Number(from) >= size) return undefined
  return { first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}

export function sendError(response: ServerResponse, status: number): void {
  const page = `error ${status}\n`
  response.writeHead(status, { 'Content-Type': 'text/plain;charset=utf-8', 'Content-Length': page.length }).end(page)
}
