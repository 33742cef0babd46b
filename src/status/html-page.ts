/**
 * `mime=html`: the page that people look at. The same blocks, tables and columns as mod_jk's (mod_jk.md 7.10) in markup
 * of our own: valid, usable with a keyboard and a screen reader, readable in the dark, without scripts.
 */
import type { BalancerSnapshot } from '../balancer/snapshot.ts'
import { HIDE, MAX_REFRESH_SECONDS, type StatusCommand } from './command.ts'
import { localTime } from './format.ts'
import { endpointSection, lbSection } from './html-workers.ts'
import { Links } from './links.ts'
import { html, type Markup, type Part } from './markup.ts'
import type { ServerFacts } from './server-facts.ts'

/** Names in the column heads, and what they stand for. */
const LEGEND: readonly (readonly [name: string, meaning: string])[] = [
  ['Act', 'Activation: ACT active, DIS disabled (only requests with a session), STP stopped'],
  [
    'State',
    'OK, or ERR in error; IDLE no requests since the last maintenance, BUSY no connection free, REC to be tried again, PRB being tried, FRC tried for want of others',
  ],
  ['D', 'Distance: nearer members are preferred'],
  ['F', 'Load balancing factor: the weight'],
  ['M', 'Multiplicity: the step by which V grows'],
  ['V', 'Load balancing value: the member with the smallest is chosen next'],
  ['Acc', 'Requests, and per second since the last reset'],
  ['Sess', 'Requests that came without a session'],
  ['Err', 'Failed requests'],
  ['CE', 'Requests that the client broke off'],
  ['RE', 'Reply timeouts, halved at each maintenance'],
  ['Wr', 'Bytes sent to the worker'],
  ['Rd', 'Bytes read from the worker'],
  ['Busy', 'Requests in flight; MaxBusy the most there were'],
  ['Con', 'Open connections; MaxCon the most there were'],
  ['RR', 'Route of the member that stands in'],
  ['Cd', 'Domain whose members stand in'],
  ['Rs', 'Seconds until the member is tried again, at least and at most'],
  ['LR', 'Seconds since the last reset of the counters'],
  ['LE', 'Time of the first error of the current series; of a worker that stands alone, of the last one'],
]

const STYLE = `
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}
body{margin:1rem auto;padding:0 1rem;max-width:110rem}
h1{font-size:1.5rem}h2{font-size:1.25rem;border-top:1px solid;padding-top:.75rem}h3{font-size:1.1rem}
nav,form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;margin:.5rem 0}
.wide{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:start;font-weight:600;padding:.25rem 0}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:start;vertical-align:baseline}
thead th{background:#8882}
.bad{background:#d33a}.degraded{background:#da36}
dt{font-weight:600;float:inline-start;clear:both;min-width:4rem}dd{margin-inline-start:4.5rem}
abbr{text-decoration:none;cursor:help}
`

export interface PageFacts {
  readonly server: ServerFacts
  /** The path the page is at, without its query. */
  readonly path: string
  /** Stylesheet; empty for none. */
  readonly css: string
}

export function renderPage(command: StatusCommand, snapshot: BalancerSnapshot, facts: PageFacts): string {
  const links = new Links(facts.path, command)
  return page(facts, refreshHead(command, links), [
    software(snapshot, facts.server),
    navigation(command, links),
    lbBlock(command, snapshot, links),
    endpointBlock(command, snapshot, links),
    command.name === 'version' ? undefined : legend(command, links),
  ])
}

/** A page with nothing but what became of the request. */
export function renderRefusal(message: string, facts: PageFacts): string {
  return page(facts, undefined, html`<p role="alert"><b>Result: ERROR - ${message}</b></p>`)
}

function page({ server, path, css }: PageFacts, head: Markup | undefined, body: Part): string {
  const style = css === '' ? undefined : html`<link rel="stylesheet" type="text/css" href="${css}"/>\n`
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><title>JK Status Manager</title>
<meta name="viewport" content="width=device-width"/>
<style>${STYLE}</style>
${style}${head}</head>
<body>
<h1>JK Status Manager for ${server.name}:${server.port} (read only)</h1>
<main>
${body}
<p><a href="${path}">JK Status Manager Start Page</a></p>
</main>
<footer><small>clowder, speaking as ${server.jkVersion}</small></footer>
</body></html>
`.text
}

function refreshHead({ refreshSeconds }: StatusCommand, links: Links): Markup | undefined {
  if (refreshSeconds === 0) return undefined
  return html`<meta http-equiv="refresh" content="${refreshSeconds};url=${links.same({})}"/>\n`
}

function software(snapshot: BalancerSnapshot, server: ServerFacts): Markup {
  const { readable, unix } = localTime(snapshot.takenAtMs, snapshot)
  return html`<table>
<tr><th scope="row">Server Version:</th><td>${server.webServer}</td><th scope="row">Server Time:</th><td>${readable}</td></tr>
<tr><th scope="row">JK Version:</th><td>${server.jkVersion}</td><th scope="row">Unix Seconds:</th><td>${unix}</td></tr>
</table>
`
}

function navigation(command: StatusCommand, links: Links): Markup {
  const refresh =
    command.refreshSeconds > 0
      ? html`<a href="${links.same({ re: undefined })}">Stop auto refresh</a>`
      : html`<form method="get" action="${links.path}">${links.hiddenFields({ re: undefined })}
<button>Start auto refresh</button>
<label>every <input name="re" type="number" min="1" max="${MAX_REFRESH_SECONDS}" value="10"/> seconds</label></form>`
  const back =
    command.name === 'list' ? undefined : html`<a href="${links.to({ cmd: 'list' })}">Back to worker list</a>`
  return html`<nav aria-label="This page">
${command.name === 'version' ? undefined : refresh}
<a href="${links.same({ mime: 'txt', re: undefined })}">As text</a>
${back}
</nav>
`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function lbBlock(command: StatusCommand, snapshot: BalancerSnapshot, links: Links): Part {
  const { lbs } = command
  if (lbs.length === 0) return undefined
  const sections = lbs.map((lb) => lbSection(lb, command, snapshot, links))
  if (command.name === 'show') return sections
  const title = `Listing Load Balancing Worker${lbs.length === 1 ? '' : 's'} (${plural(lbs.length, 'Worker')})`
  if ((command.options & HIDE.lbs) !== 0) return html`<p>${links.show('Load Balancing Workers', HIDE.lbs)}</p>\n`
  return [html`<h2>${title} ${links.hide('load balancing workers', HIDE.lbs)}</h2>\n`, sections]
}

function endpointBlock(command: StatusCommand, snapshot: BalancerSnapshot, links: Links): Part {
  const { endpoints } = command
  if (endpoints.length === 0) return undefined
  const sections = endpoints.map((worker) => endpointSection(worker, command, snapshot, links))
  if (command.name === 'show') return sections
  const title = `Listing AJP Worker${endpoints.length === 1 ? '' : 's'} (${plural(endpoints.length, 'Worker')})`
  if ((command.options & HIDE.endpoints) !== 0) return html`<p>${links.show('AJP Workers', HIDE.endpoints)}</p>\n`
  return [html`<h2>${title} ${links.hide('AJP workers', HIDE.endpoints)}</h2>\n`, sections]
}

function legend(command: StatusCommand, links: Links): Markup {
  if ((command.options & HIDE.legend) !== 0) return html`<p>${links.show('Legend', HIDE.legend)}</p>\n`
  const entries = LEGEND.map(([name, meaning]) => html`<dt>${name}</dt><dd>${meaning}</dd>\n`)
  return html`<h2>Legend ${links.hide('legend', HIDE.legend)}</h2>
<dl>
${entries}</dl>
`
}
