import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { PAGE_POLICY, renderJson, renderPage } from './page.ts'

const VISIT = { count: 7, sessionId: '0011AABB.worker1', worker: 'worker1', pid: 4711 }

describe('sample page', () => {
  const page = renderPage(VISIT)

  it('says who answered and what the session holds', () => {
    assert.match(page, /<output id="count"[^>]*>7<\/output>/)
    assert.match(page, /<code id="id">0011AABB\.worker1<\/code>/)
    assert.match(page, /kill -9 <span[^>]*>4711<\/span>/)
    assert.match(page, /<a href="\/jk-status">/)
  })

  it('counts without JavaScript', () => assert.match(page, /<form action="\/" method="get"><button[^>]*type="submit">/))

  it('lets only its own script run', () => {
    const script = /<script>([\s\S]*)<\/script>/.exec(page)![1]!
    assert.ok(PAGE_POLICY.includes(`'sha256-${createHash('sha256').update(script).digest('base64')}'`))
    assert.doesNotMatch(page, /\son[a-z]+=|javascript:/i)
  })

  it('loads nothing from elsewhere', () => assert.doesNotMatch(page, /(?:src|href)="(?!\/|data:,)/))

  it('is not fooled by names', () => {
    assert.doesNotMatch(renderPage({ ...VISIT, worker: '<img src=x>"' }), /<img/)
  })

  it('shows neighbours in colours that differ', () => {
    const hues = ['worker1', 'worker2', 'worker3'].map((worker) => JSON.parse(renderJson({ ...VISIT, worker })).hue)
    assert.ok(Math.abs(hues[0] - hues[1]) > 40 && Math.abs(hues[1] - hues[2]) > 40, hues.join(' '))
  })
})
