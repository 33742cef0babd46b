/** The sample page and the status page in a real browser: counting, failing over, with and without JavaScript. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { START_MS } from '../kit/process.ts'
import { suite } from '../kit/suite.ts'
import { until } from '../kit/until.ts'
import { type Cluster, startCluster, untilReady } from './clowder.ts'

const CHROMIUM = '/usr/bin/chromium'
/** It must neither need a sandbox that containers lack nor call home. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const SKIP = !existsSync(CHROMIUM) && process.env.CI === undefined ? `no ${CHROMIUM}` : false

suite('in a browser', { skip: SKIP }, () => {
  const closers: (() => void | Promise<void>)[] = []
  let cluster: Cluster
  let browser: Browser
  before(async () => {
    cluster = await startCluster({ after: (close) => void closers.push(close) })
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: START_MS })
  })
  after(async () => {
    await browser?.close()
    for (const close of closers) await close()
  })

  /** A page of a new visitor, and whatever the browser complains of. */
  async function visit(
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(START_MS)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.goto(`http://127.0.0.1:${cluster.port}${path}`)
    return { page, complaints }
  }

  const count = async (page: Page): Promise<number> => Number(await page.locator('#count').textContent())

  test('the button counts without loading the page again, and a killed worker is only another colour', async () => {
    const { page, complaints } = await visit('/')
    assert.equal(await count(page), 1)
    await page.evaluate("document.title = 'still the same document'")
    await page.getByRole('button', { name: 'Count one more' }).click()
    await until('the counter grows', async () => (await count(page)) === 2)

    const name = (await page.locator('#worker').textContent())!
    const pid = Number(await page.locator('#pid').textContent())
    process.kill(pid, 'SIGKILL')
    await page.getByRole('button', { name: 'Count one more' }).click()
    await until('another worker answers', async () => (await page.locator('#worker').textContent()) !== name)
    assert.equal(await count(page), 3)
    const other = name === 'worker1' ? 'worker2' : 'worker1'
    assert.equal(await page.locator('#news').textContent(), `${other} has taken over the session of ${name}.`)
    assert.equal(await page.title(), 'still the same document')
    assert.deepEqual(complaints, [])
    await untilReady(cluster.up, name, pid)
  })

  test('the button counts without JavaScript', async () => {
    const { page } = await visit('/', { javaScriptEnabled: false })
    assert.equal(await count(page), 1)
    await page.getByRole('button', { name: 'Count one more' }).click()
    await until('the next page has counted', async () => (await count(page)) === 2)
  })

  test('the page is readable in the dark', async () => {
    const colours = async (colorScheme: 'light' | 'dark') => {
      const { page } = await visit('/', { colorScheme })
      return page.evaluate<string[]>(
        '(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))',
      )
    }
    const [light, dark] = [await colours('light'), await colours('dark')]
    assert.notDeepEqual(light, dark)
    for (const [background, text] of [light, dark])
      assert.ok(contrast(background!, text!) > 7, `${text} on ${background}`)
  })

  test('the page fits a telephone', async () => {
    const { page } = await visit('/', { viewport: { width: 320, height: 640 } })
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
    assert.ok(overflow <= 0, `${overflow} pixels too wide`)
  })

  test('the status page lists both workers, and the sample page leads there', async () => {
    const { page, complaints } = await visit('/')
    await page.getByRole('link', { name: '/jk-status' }).click()
    await page.waitForURL('**/jk-status')
    const text = (await page.locator('body').textContent())!
    assert.match(text, /worker1/)
    assert.match(text, /worker2/)
    assert.deepEqual(complaints, [])
  })
})

/** Contrast of two `rgb(…)` colours (WCAG 2.2, relative luminance). */
function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

function luminance(colour: string): number {
  const [red, green, blue] = [...colour.matchAll(/[\d.]+/g)].map(([value]) => {
    const share = Number(value) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}
