/** What `cmd=dump` of jk-status gets to show: the configuration as it was written, without secrets. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadBalancerConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'

async function dump(lines: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const files = memoryFiles({ '/etc/jk/workers.properties': `${lines.join('\n')}\n` })
  const { options, complaints } = await loadBalancerConfiguration('/etc/jk/workers.properties', { ...files, env })
  assert.ok(options !== undefined, JSON.stringify(complaints))
  return options.properties!.map(([name, value]) => `${name}=${value}`)
}

const WORKER = ['worker.list=a', 'worker.a.type=http']

describe('dump', () => {
  it("shows properties in their order, after httpd's root", async () => {
    assert.deepEqual(await dump([...WORKER, 'worker.a.port=8009']), [
      'ServerRoot=/etc/jk',
      'worker.list=a',
      'worker.a.type=http',
      'worker.a.port=8009',
    ])
  })

  it('shows variables and what has become of them, references as they are, and at the end what they have brought', async () => {
    const lines = ['p=$(HOME)9', 'worker.t.port=$(p)', ...WORKER, 'worker.a.reference=worker.t']
    assert.deepEqual((await dump(lines, { HOME: '800' })).slice(1), [
      'p=8009',
      'worker.t.port=8009',
      ...WORKER,
      'worker.a.reference=worker.t',
      'worker.a.port=8009',
    ])
  })

  it('the last line of a directive counts, also where mod_jk appends it to the first', async () => {
    const lines = ['worker.maintain=3', ...WORKER, 'worker.a.distance=1', 'worker.a.distance=2', 'worker.maintain=4']
    const shown = await dump(lines)
    assert.deepEqual(shown.slice(1), ['worker.maintain=4', ...WORKER, 'worker.a.distance=2'])
    const files = memoryFiles({ 'w.properties': `${lines.join('\n')}\n` })
    const { options } = await loadBalancerConfiguration('w.properties', { ...files, env: {} })
    assert.deepEqual([options!.maintainMs, (options!.workers.a as { distance: number }).distance], [4_000, 2])
  })

  it('shows a list that stands on several lines as one', async () => {
    const lines = await dump(['worker.list=a', 'worker.a.type=http', 'worker.list=b', 'worker.b.type=http'])
    assert.equal(lines[1], 'worker.list=a,b')
  })

  it('shows no secret, and no variable that holds one', async () => {
    const lines = ['key=hush', 'worker.list=a', 'worker.a.secret=$(key)', 'worker.a.host=127.0.0.1']
    assert.deepEqual((await dump(lines)).slice(1), ['worker.list=a', 'worker.a.host=127.0.0.1'])
  })
})
