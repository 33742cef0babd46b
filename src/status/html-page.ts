/**
 * `mime=html`: the page that people look at. The same blocks, tables and columns as mod_jk's (mod_jk.md 7.10) in markup
 * of our own: valid, usable with a keyboard and a screen reader, readable in the dark, without scripts.
 */
import type { AnswerContext } from './answer-context.ts'
import {
  type ChangeCommand,
  type FormCommand,
  HIDE,
  MAX_REFRESH_SECONDS,
  READ_ONLY,
  type ViewCommand,
} from './command.ts'
import { localTime } from './format.ts'
import { editForm } from './html-form.ts'
import { endpointSection, lbSection } from './html-workers.ts'
import { Links } from './links.ts'
import { html, type Markup, type Part } from './markup.ts'

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
nav,form,.bar{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:baseline;margin:.5rem 0}
.wide{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:start;font-weight:600;padding:.25rem 0}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:start;vertical-align:baseline}
thead th{background:#8882}
.bad{background:#d33a}.degraded{background:#da36}
dt{font-weight:600;float:inline-start;clear:both;min-width:4rem}dd{margin-inline-start:4.5rem}
form.edit{display:block}.edit fieldset{max-width:44rem;margin:.75rem 0}
.edit label,.choice{display:grid;grid-template-columns:14rem 1fr;align-items:baseline;margin:.35rem 0}
fieldset.choice{display:block;border:0;padding:0}.choice legend{float:inline-start;width:14rem;padding:0}.edit .choice label{display:inline;margin-inline-end:1rem}
abbr{text-decoration:none;cursor:help}
`

/** Seconds before a page that says what became of a change goes back to where it was begun. */
const BACK_SECONDS = 3

export function renderPage(command: ViewCommand | FormCommand, context: AnswerContext): string {
  const links = new Links(context.path, command)
  const title = command.isReadOnly ? READ_ONLY_TITLE : undefined
  if (command.name === 'edit') {
    return page(context, title, undefined, [pageNavigation([originLink(command, links)]), editForm(command, links)])
  }
  return page(context, title, refreshHead(command, links), [
    software(context),
    formats(command, links),
    navigation(command, context, links),
    command.name === 'dump' ? dump(context) : undefined,
    lbBlock(command, context, links),
    endpointBlock(command, context, links),
    command.name === 'list' || command.name === 'show' ? legend(command, links) : undefined,
  ])
}

/** A change was made: says so, and goes back to where it was begun. */
export function renderDone(command: ChangeCommand, context: AnswerContext): string {
  const links = new Links(context.path, command)
  const back =
    command.from === 'show'
      ? links.to({ cmd: 'show', w: command.worker, sw: command.fromMember })
      : links.to({ cmd: 'list', w: command.worker })
  const head = html`<meta http-equiv="refresh" content="${BACK_SECONDS};url=${back}"/>\n`
  const text = html`<p role="status"><b>Result: OK - You will be redirected in ${BACK_SECONDS} seconds.</b></p>
<p><a href="${back}">Go back now</a></p>
`
  return page(context, undefined, head, text)
}

/** A page with nothing but why there is none. */
export function renderRefusal(message: string, context: AnswerContext): string {
  return page(context, undefined, undefined, html`<p role="alert"><b>Result: ERROR - ${message}</b></p>\n`)
}

const READ_ONLY_TITLE = ' (read only)'

function page(
  { server, path, options: { css } }: AnswerContext,
  title: string | undefined,
  head: Markup | undefined,
  body: Part,
): string {
  const style = css === '' ? undefined : html`<link rel="stylesheet" type="text/css" href="${css}"/>\n`
  return html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/><title>JK Status Manager</title>
<meta name="viewport" content="width=device-width"/>
<style>${STYLE}</style>
${style}${head}</head>
<body>
<h1>JK Status Manager for ${server.name}:${server.port}${title}</h1>
<main>
${body}
<p><a href="${path}">JK Status Manager Start Page</a></p>
</main>
<footer><small>clowder, speaking as ${server.jkVersion}</small></footer>
</body></html>
`.text
}

function refreshHead({ name, refreshSeconds }: ViewCommand, links: Links): Markup | undefined {
  if (refreshSeconds === 0 || (name !== 'list' && name !== 'show')) return undefined
  return html`<meta http-equiv="refresh" content="${refreshSeconds};url=${links.same({})}"/>\n`
}

function software({ snapshot, server }: AnswerContext): Markup {
  const { readable, unix } = localTime(snapshot.takenAtMs, snapshot)
  return html`<table>
<tr><th scope="row">Server Version:</th><td>${server.webServer}</td><th scope="row">Server Time:</th><td>${readable}</td></tr>
<tr><th scope="row">JK Version:</th><td>${server.jkVersion}</td><th scope="row">Unix Seconds:</th><td>${unix}</td></tr>
</table>
`
}

function formats(command: ViewCommand, links: Links): Markup {
  const isReloadable = command.name === 'list' || command.name === 'show'
  const refresh =
    command.refreshSeconds > 0
      ? html`<a href="${links.same({ re: undefined })}">Stop auto refresh</a>`
      : html`<form method="get" action="${links.path}">${links.hiddenFields({ re: undefined })}
<button>Start auto refresh</button>
<label>every <input name="re" type="number" min="1" max="${MAX_REFRESH_SECONDS}" value="10"/> seconds</label></form>`
  return html`<div class="bar">${isReloadable ? refresh : undefined}
<form method="get" action="${links.path}">${links.hiddenFields({ mime: undefined })}
<button>Change format</button>
<select name="mime" aria-label="Format"><option value="xml">XML</option><option value="prop">Properties</option><option value="txt">Text</option></select></form>
</div>
`
}

function navigation(command: ViewCommand, { options }: AnswerContext, links: Links): Markup {
  const { name, isReadOnly } = command
  const isView = name === 'list' || name === 'show'
  const canSwitch = isView && !options.readOnly
  const readOnly = isReadOnly
    ? html`<a href="${links.same({ opt: command.options & ~READ_ONLY || undefined })}">Read/Write</a>`
    : html`<a href="${links.same({ opt: command.options | READ_ONLY })}">Read Only</a>`
  const keys = html`<span>S = show only this worker${isReadOnly ? '' : ', E = edit, R = reset its counters, T = try a member in error again'}</span>`
  return pageNavigation([
    name === 'list' ? undefined : backLink(links),
    canSwitch ? readOnly : undefined,
    name === 'dump' ? undefined : html`<a href="${links.same({ cmd: 'dump' })}">Dump</a>`,
    isView ? keys : undefined,
  ])
}

/** To where the form was asked for. */
function originLink({ from, worker, fromMember }: FormCommand, links: Links): Markup {
  if (from === 'list') return backLink(links)
  return html`<a href="${links.to({ cmd: 'show', w: worker, sw: fromMember })}">Back to worker view</a>`
}

function backLink(links: Links): Markup {
  return html`<a href="${links.to({ cmd: 'list' })}">Back to worker list</a>`
}

function pageNavigation(items: readonly Part[]): Markup {
  return html`<nav aria-label="This page">
${items.flatMap((item) => (item === undefined ? [] : [item, '\n']))}</nav>
`
}

function dump({ options: { properties } }: AnswerContext): Markup {
  return html`<h2>Configuration Data</h2>
<p>As it was written when the balancer started: changes made on this page since then are not in it.</p>
<pre>
${properties.map(([name, value]) => `${name}=${value}\n`)}</pre>
`
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function lbBlock(command: ViewCommand, context: AnswerContext, links: Links): Part {
  const { lbs } = command
  if (lbs.length === 0) return undefined
  const sections = lbs.map((lb) => lbSection(lb, command, context, links))
  if (command.name === 'show') return sections
  const title = `Listing Load Balancing Worker${lbs.length === 1 ? '' : 's'} (${plural(lbs.length, 'Worker')})`
  if ((command.options & HIDE.lbs) !== 0) return html`<p>${links.show('Load Balancing Workers', HIDE.lbs)}</p>\n`
  return [html`<h2>${title} ${links.hide('load balancing workers', HIDE.lbs)}</h2>\n`, sections]
}

function endpointBlock(command: ViewCommand, context: AnswerContext, links: Links): Part {
  const { endpoints } = command
  if (endpoints.length === 0) return undefined
  const sections = endpoints.map((worker) => endpointSection(worker, command, context, links))
  if (command.name === 'show') return sections
  const title = `Listing AJP Worker${endpoints.length === 1 ? '' : 's'} (${plural(endpoints.length, 'Worker')})`
  if ((command.options & HIDE.endpoints) !== 0) return html`<p>${links.show('AJP Workers', HIDE.endpoints)}</p>\n`
  return [html`<h2>${title} ${links.hide('AJP workers', HIDE.endpoints)}</h2>\n`, sections]
}

function legend(command: ViewCommand, links: Links): Markup {
  if ((command.options & HIDE.legend) !== 0) return html`<p>${links.show('Legend', HIDE.legend)}</p>\n`
  const entries = LEGEND.map(([name, meaning]) => html`<dt>${name}</dt><dd>${meaning}</dd>\n`)
  return html`<h2>Legend ${links.hide('legend', HIDE.legend)}</h2>
<dl>
${entries}</dl>
`
}
