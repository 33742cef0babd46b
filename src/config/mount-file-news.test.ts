import assert from 'node:assert/strict'
import { rmSync, utimesSync } from 'node:fs'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { mountFileNews } from './mount-file-news.ts'
import { ruleTargets } from './rule-target.ts'

describe('news of a mount file', () => {
  test('come when it has changed', async (t) => {
    const folder = temporaryFolder('map', t)
    const file = folder.write('map.properties', '/a=w\n')
    const news = mountFileNews({})
    const rule = { pattern: '/a', worker: 'w', source: 'mount-file' }
    assert.deepEqual(await news(file), { rules: [rule], notes: [] })
    assert.equal(await news(file), undefined)
    utimesSync(file, 1, 1)
    assert.deepEqual(await news(file), { rules: [rule], notes: [] })
    folder.write('map.properties', '/a=w\n*.jsp=w\n')
    const changed = await news(file)
    assert.ok(changed !== undefined && 'rules' in changed)
    assert.equal(changed.rules.length, 1)
    assert.match(changed.notes.join(), /CONFIG_MOUNT_SKIPPED/)
  })

  test('of a file that is gone, or is none, say so once', async (t) => {
    const folder = temporaryFolder('map', t)
    const file = folder.write('map.properties', '/a=w\n')
    const news = mountFileNews({})
    await news(file)
    rmSync(file)
    assert.match(JSON.stringify(await news(file)), /unusable.*no such file/)
    assert.equal(await news(file), undefined)
    folder.write('map.properties', '/a=w\0\n')
    assert.match(JSON.stringify(await news(file)), /unusable.*NUL/)
  })
})

test('the target in a variable is read as in a rule', () => {
  const read = ruleTargets()
  assert.deepEqual(read('lb'), { worker: 'lb' })
  assert.deepEqual(read('lb;stateless=1;nosuch=2'), { worker: 'lb', extensions: { stateless: true } })
  assert.equal(read('lb'), read('lb'))
})
