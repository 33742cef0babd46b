import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { run } from './run.ts'
import { fakeIo } from './testing/fake-io.ts'

const GOOD = `worker.list=lb
worker.a.type=http
worker.a.host=127.0.0.1
worker.a.port=8081
worker.lb.type=lb
worker.lb.balance_workers=a
`

describe('clowder check', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clowder-check-'))
    await writeFile(join(folder, 'good.properties'), GOOD)
    await writeFile(join(folder, 'wrong.properties'), GOOD.replace('balance_workers=a', 'balance_workers=a,b'))
    await writeFile(join(folder, 'odd.properties'), `${GOOD}worker.a.sticky\n`)
  })
  after(() => rm(folder, { recursive: true }))

  async function check(...names: string[]) {
    const io = fakeIo()
    return { code: await run(['check', ...names.map((name) => join(folder, name))], io), printed: io.printed }
  }

  it('says nothing of what is right', async () =>
    assert.deepEqual(await check('good.properties'), { code: 0, printed: [] }))

  it('says where what is wrong', async () => {
    const { code, printed } = await check('good.properties', 'wrong.properties')
    assert.equal(code, 1)
    assert.match(printed[0]!, /wrong\.properties:6:\d+ error \w+ .*b/)
  })

  it('does not fail for a warning', async () => {
    const { code, printed } = await check('odd.properties')
    assert.equal(code, 0)
    assert.match(printed[0]!, /odd\.properties:7:\d+ warning /)
  })

  it('complains of a file that is not there', async () => {
    const { code, printed } = await check('none.properties')
    assert.equal(code, 2)
    assert.equal(printed.length, 1)
  })
})
