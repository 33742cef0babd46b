/**
 * All 322 saved answers of a real mod_jk, asked for again in their order: of a balancer with the same configuration and the
 * same traffic behind it, edited by the same requests at the same times. Text, XML and properties have to be the same byte
 * for byte, times and all, pages in what they say; nothing is masked, what differs is listed.
 */
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import type { StatusAnswer } from '../balancer/serve-status.ts'
import { ModJk } from '../balancer/testing/mod-jk-snapshot.ts'
import { answerStatus, type StatusSource } from './answer-status.ts'
import { resolveOptions, type StatusOptions } from './options.ts'
import { formsOf, headingsOf, linksOf, refreshOf, tablesOf, textOf, unescaped } from './testing/html-facts.ts'
import { type SavedRequest, savedAnswer, savedProperties, savedRequests } from './testing/saved-answers.ts'
import { statusRequest } from './testing/status-request.ts'

const COMMON = { webServer: 'Apache/2.4.71 (Debian) mod_jk/1.2.48', properties: savedProperties() }
const WORKERS: Readonly<Record<string, StatusOptions>> = {
  '/jkstatus': resolveOptions({ ...COMMON, css: '/jkstatus.css' }),
  '/jkreadonly': resolveOptions({ ...COMMON, readOnly: true }),
  '/jkusers': resolveOptions({ ...COMMON, users: ['admin'] }),
}

/** Where we answer something else than mod_jk, and why. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'update-bad-value-ignored': "Update failed (at least partially): unknown activation 'x' for sub worker 'node1'.",
  'update-unknown-activation': "Update failed (at least partially): unknown activation 'x' for sub worker 'node2'.",
}

class Replay implements StatusSource {
  readonly live = new ModJk()
  snapshot = () => this.live.snapshot()
  edit: StatusSource['edit'] = (edits) => this.live.edit(edits)
  canResolve = (host: string) => Promise.resolve(!host.endsWith('.invalid'))

  async ask({ method, target }: SavedRequest): Promise<StatusAnswer> {
    const [place, query = ''] = target.split(/\?(.*)/s)
    const path = place!.replace(/;.*/, '')
    return answerStatus(statusRequest({ method, path, query }), this, WORKERS[path]!)
  }

  /** What the captures' script did between requests (`fixtures/README.md`). */
  before({ file }: SavedRequest, date: string): void {
    this.live.waitUntil(date)
    if (file.startsWith('update-unknown-activation')) this.#activate('loadbalancer', 'node2', 'disabled')
    if (file.startsWith('recover.html.get')) this.#activate('reports', 'rep1', 'stopped')
    if (file.startsWith('recover.')) this.live.fail('reports')
    if (file.startsWith('reset-lb.html.get')) this.#activate('reports', 'rep1', 'active')
    // What mod_jk has made of an activation that does not exist.
    if (file.startsWith('after-unknown-activation')) this.#activate('loadbalancer', 'node2', 'active')
  }

  #activate(lb: string, member: string, activation: 'active' | 'disabled' | 'stopped'): void {
    assert.ok(this.live.edit([{ type: 'update-member', lb, member, set: { activation } }]).done)
  }
}

/** The choice of an attribute of all members must not name one of them: the answer would be a form for that one. */
function asOurs(form: Record<string, string>): Record<string, string> {
  const { sw, ...rest } = form
  return sw !== undefined && form.options?.startsWith('att') ? { ...rest, psw: sw } : form
}

/** Without a query mod_jk repeats none in its links and forms; ours say what is shown. */
const SAME_PAGE: Readonly<Record<string, string>> = { 'list.default.get.http': 'list.html.get.http' }

function checkPage(page: string, saved: string): void {
  parseXml(page)
  if (/<b>Result: /.test(saved)) {
    const resultIn = (body: string) => /<b>Result: (.*?)<\/b>/s.exec(body)?.[1]
    assert.equal(textOf(resultIn(page) ?? ''), textOf(resultIn(saved) ?? ''))
    assert.equal(refreshOf(page), refreshOf(saved))
    return
  }
  const tables = tablesOf(saved)
  // mod_jk forgets one cell of a worker that stands alone (mod_jk.md 7.10).
  for (const [head, row] of tables) if (head![0] === 'Type' && head!.at(-1) === 'Max Packet Size') row![11] = '8192'
  assert.deepEqual(headingsOf(page), headingsOf(saved))
  assert.deepEqual(tablesOf(page), tables)
  assert.deepEqual(formsOf(page), formsOf(saved).map(asOurs))
  assert.deepEqual(linksOf(page), linksOf(saved))
  assert.equal(refreshOf(page), refreshOf(saved))
}

describe('the saved answers of mod_jk', () => {
  const replay = new Replay()
  const requests = savedRequests()
  before(() => assert.equal(requests.length, 322))

  for (const request of requests)
    it(`${request.file}: ${request.target}`, async () => {
      const saved = savedAnswer({ file: SAME_PAGE[request.file] ?? request.file })
      replay.before(request, saved.headers.get('Date')!)
      const answer = await replay.ask(request)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['Content-Type']!.replace('; charset=utf-8', ''), saved.headers.get('Content-Type'))
      for (const name of ['Cache-Control', 'Pragma']) assert.equal(answer.headers[name], saved.headers.get(name))
      const difference = DIFFERENCES[request.file.split('.')[0]!]
      if (difference !== undefined) assert.ok(unescaped(answer.body).includes(difference), answer.body)
      else if (saved.headers.get('Content-Type') === 'text/html') checkPage(answer.body, saved.body)
      else assert.equal(answer.body, saved.body)
    })
})
