/**
 * The test page of the article's cluster: who answered, which session it is, and what the session holds. Keep attributes in
 * it, stop the worker that answers, and read them from the other one. Needs nothing but Node: `request.session` is the
 * worker's gift.
 */
import { parse } from 'node:querystring'

const MAX_FORM_BYTES = 16 * 1024
const MAX_ATTRIBUTES = 20

/** Called once, with the worker that runs the app. */
export default function setUp(worker) {
  return async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    response.setHeader('cache-control', 'no-store')
    if (pathname === '/count') {
      const n = count(request.session)
      response.setHeader('content-type', 'text/plain')
      response.end(`${n} ${request.session.id} ${worker.route}\n`)
    } else if (pathname === '/session') {
      // Only looks: nothing is counted, and no session is made.
      const { id, count: n = 0, attributes = {} } = request.session
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ id, count: n, attributes, worker: worker.name }))
    } else if (pathname === '/' && request.method === 'POST') {
      const form = await readForm(request)
      if (form === undefined) return end(response, 413, `At most ${MAX_FORM_BYTES} bytes.`)
      const { name, value } = form
      request.session.attributes ??= {}
      const { attributes } = request.session
      if (typeof name === 'string' && name !== '' && Object.keys(attributes).length < MAX_ATTRIBUTES)
        attributes[name] = String(value ?? '')
      response.setHeader('location', '/')
      end(response, 303, 'See /')
    } else if (pathname === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(page(worker, request.session))
    } else end(response, 404, 'There is /, /count and /session.')
  }
}

function count(session) {
  session.count = (session.count ?? 0) + 1
  return session.count
}

async function readForm(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > MAX_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return parse(Buffer.concat(chunks).toString('utf8'))
}

function end(response, status, text) {
  response.statusCode = status
  response.setHeader('content-type', 'text/plain')
  response.end(`${text}\n`)
}

function page(worker, session) {
  const rows = Object.entries(session.attributes ?? {}).map(
    ([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Cluster test page</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
th { text-align: left; padding-right: 2rem } input { font: inherit; margin-right: .5rem }</style>
<h1>Served by ${text(worker.name)}</h1>
<table>
<tr><th scope="row">Process</th><td>${process.pid}</td></tr>
<tr><th scope="row">Requests of this session</th><td>${count(session)}</td></tr>
<tr><th scope="row">Session id</th><td><code>${text(session.id)}</code></td></tr>
</table>
<h2>What the session holds</h2>
<table>${rows.join('\n') || '<tr><td>Nothing yet.</td></tr>'}</table>
<form method="post" action="/">
<p><label>Name <input name="name" required maxlength="100"></label>
<label>Value <input name="value" maxlength="1000"></label>
<button>Keep it</button></p>
</form>
<p>Stop this worker and load the page again: the other one knows it all.
<a href="/jk-status">jk-status</a> shows both.</p>
`
}

function text(value) {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
