import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ContestOptions, contest, voidContestants } from './contest.ts'
import { headsOf } from './load/heads.ts'
import { startSmallBackends } from './peers/node-programs.ts'
import { Site } from './site.ts'

const linux = { skip: process.platform === 'linux' ? false : 'reads /proc' }

test('rounds in turn; wrong statuses and wrong lengths make a round void', linux, async () => {
  const site = await Site.open()
  try {
    const { backends, pids } = await startSmallBackends(site, ['worker1'])
    const measured = pids().map((pid) => ({ role: 'backend', pid }))
    const { port } = backends[0]!
    const groups = (path: string) => [{ port, heads: headsOf(path, 'minimal', '') }]
    const said: string[] = []
    const options: ContestOptions = {
      rounds: 1,
      seconds: 1,
      warmupSeconds: 1,
      connections: 2,
      generator: 'own',
      folder: await site.folder('load'),
      say: (line) => said.push(line),
    }
    const result = await contest(
      [
        { name: 'right', measured, groups: groups('/small'), responseBytes: 67, warmups: 0 },
        { name: 'missing', measured, groups: groups('/x'), warmups: 0 },
        { name: 'short', measured, groups: groups('/small'), responseBytes: 1_000, warmups: 0 },
      ],
      options,
    )
    assert.deepEqual(voidContestants(result), ['missing', 'short'])
    const sample = result.get('right')?.[0]
    assert.ok(sample !== undefined && sample.cpuUsPerRequest > 0.1 && sample.peakPssBytes > 1_000_000)
    assert.equal(sample.cpuUsPerRequest, sample.cpuUsByRole.backend)
    assert.match(said.join('\n'), /missing: \d+ errors in.+short: answers of 67 bytes instead of 1000/s)
  } finally {
    await site.close()
  }
})
