/**
 * The page of the sample app: which worker answered, what the session holds, and how to try a failover.
 * One file without any other, works without JavaScript; with it, the button counts without loading the page again.
 */
import { createHash } from 'node:crypto'

export interface Visit {
  /** Requests of this session so far. */
  readonly count: number
  readonly sessionId: string
  readonly worker: string
  readonly pid: number
}

export function renderPage(visit: Visit): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>clowder sample app</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body style="--hue: ${hueOf(visit.worker)}">
<header>
  <svg viewBox="0 0 48 32" width="72" height="48" aria-hidden="true">${CATS}</svg>
  <h1>clowder</h1>
  <p>A group of processes that shares your HTTP session.</p>
</header>
<main>
  <section class="card" aria-labelledby="session">
    <h2 id="session">Your session</h2>
    <p class="count"><output id="count" aria-live="polite">${visit.count}</output>
      <span>requests of this session so far</span></p>
    <form action="/" method="get"><button id="again" type="submit">Count one more</button></form>
    <dl>
      <div><dt>Answered by</dt><dd><strong id="worker" class="worker">${escapeHtml(visit.worker)}</strong></dd></div>
      <div><dt>Process</dt><dd id="pid">${visit.pid}</dd></div>
      <div><dt>Session id</dt><dd><code id="id">${escapeHtml(visit.sessionId)}</code></dd></div>
    </dl>
    <p id="news" role="status"></p>
  </section>
  <section class="card" aria-labelledby="try">
    <h2 id="try">Kill the worker, keep the session</h2>
    <ol>
      <li>Count a few times. The balancer keeps you on <span class="worker now">${escapeHtml(visit.worker)}</span>,
        because the session id ends in its name.</li>
      <li>End that process without mercy:<br><code class="command">kill -9 <span class="now-pid">${visit.pid}</span></code></li>
      <li>Count on. Another worker answers, the count goes on where it was, and the session id ends in the new name.
        Meanwhile the dead worker is started again and takes over the whole state.</li>
    </ol>
    <p>Watch the workers at <a href="/jk-status">/jk-status</a>. For scripts:
      <a href="/count">/count</a> is one line of text, <a href="/plain">/plain</a> needs no session.</p>
  </section>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

/** A colour per worker, so that a change of worker is seen before it is read. */
function hueOf(name: string): number {
  const number = /\d+$/.exec(name)?.[0]
  if (number !== undefined) return (145 + Number(number) * 67) % 360
  return createHash('sha256').update(name).digest().readUInt16BE(0) % 360
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const CATS =
  '<g fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">' +
  '<path d="M4 28c0-8 1-13 2-20l4 4h5l4-4c1 7 2 12 2 20"/><path d="M10 18v.1M15 18v.1M11.5 21.5l1 1 1-1"/>' +
  '<path d="M27 28c0-8 1-13 2-20l4 4h5l4-4c1 7 2 12 2 20"/><path d="M33 18v.1M38 18v.1M34.5 21.5l1 1 1-1"/></g>'

const STYLE = `
:root { --page: #f6f5f1; --card: #fff; --text: #22262b; --soft: #5a626b; --line: #dcdad3; --light: 48% }
@media (prefers-color-scheme: dark) {
  :root { --page: #15181b; --card: #1e2327; --text: #e8e6e1; --soft: #a3abb3; --line: #343b41; --light: 80% }
}
* { box-sizing: border-box }
body { --worker: oklch(var(--light) .13 var(--hue)); margin: 0; padding: 2rem 1rem; background: var(--page);
  color: var(--text); font: 1rem/1.55 system-ui, sans-serif }
header, main { max-width: 60rem; margin: 0 auto }
header { display: grid; grid-template-columns: auto 1fr; column-gap: 1rem; align-items: center; margin-bottom: 1.5rem }
header svg { grid-row: span 2; color: var(--worker) }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.1; letter-spacing: -.02em }
header p { margin: 0; color: var(--soft) }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.25rem }
.card { background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--worker); border-radius: .6rem;
  padding: 1.25rem 1.5rem }
h2 { margin: 0 0 .75rem; font-size: 1.1rem }
.count { display: flex; align-items: baseline; gap: .75rem; margin: 0 0 1rem; color: var(--soft) }
output { font-size: 4rem; line-height: 1; font-weight: 700; font-variant-numeric: tabular-nums; color: var(--text) }
button { font: inherit; font-weight: 600; padding: .6rem 1.1rem; border: 0; border-radius: .4rem; cursor: pointer;
  color: var(--card); background: var(--worker) }
:focus-visible { outline: 3px solid var(--worker); outline-offset: 2px }
dl { margin: 1.25rem 0 0 } dl div { display: grid; grid-template-columns: 7.5rem 1fr; padding: .4rem 0;
  border-top: 1px solid var(--line) }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.worker { color: var(--worker); font-weight: 600 }
code { font-family: ui-monospace, monospace; font-size: .92em }
.command { display: inline-block; margin-top: .3rem; padding: .3rem .6rem; background: var(--page);
  border: 1px solid var(--line); border-radius: .3rem; user-select: all }
ol { padding-left: 1.2rem } li { margin-bottom: .6rem } a { color: inherit }
#news:empty { display: none } #news { margin: 1rem 0 0; font-weight: 600 }
`

/** Counts in place. When anything fails it does what the page does without it: it loads the page. */
const SCRIPT = `
const at = (id) => document.getElementById(id)
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    const response = await fetch('/', { headers: { accept: 'application/json' } })
    if (!response.ok) throw new Error(response.status)
    const visit = await response.json()
    const before = at('worker').textContent
    at('count').textContent = visit.count
    at('worker').textContent = visit.worker
    at('pid').textContent = visit.pid
    at('id').textContent = visit.sessionId
    document.querySelector('.now').textContent = visit.worker
    document.querySelector('.now-pid').textContent = visit.pid
    document.body.style.setProperty('--hue', visit.hue)
    if (visit.worker !== before) at('news').textContent = visit.worker + ' has taken over the session of ' + before + '.'
  } catch {
    location.reload()
  }
})
`

/** What the page may do, for its Content-Security-Policy header: its own style and script, and calls to its own server. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `script-src '${hashOf(SCRIPT)}'`,
  `style-src 'unsafe-inline'`,
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** The same for the page's script. */
export function renderJson(visit: Visit): string {
  return JSON.stringify({ ...visit, hue: hueOf(visit.worker) })
}
