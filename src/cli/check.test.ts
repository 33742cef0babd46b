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
    const server = '<Service name="s"><Connector port="8081"/>\n<Engine name="e" jvmRoute="b"/></Service>'
    await writeFile(join(folder, 'server.xml'), server)
    await writeFile(join(folder, 'odd.properties'), `${GOOD}worker.a.sticky\n`)
  })
  after(() => rm(folder, { recursive: true }))

  async function check(...names: string[]) {
    const io = fakeIo()
    const args = names.map((name) => (name.startsWith('--') ? name : join(folder, name)))
    return { code: await run(['check', ...args], io), printed: io.printed }
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

  it('prints one object with --json, and ends with the same code', async () => {
    const { code, printed } = await check('--json', 'wrong.properties', 'good.properties')
    assert.equal(code, 1)
    assert.deepEqual(JSON.parse(printed.join('\n')), {
      errors: 1,
      warnings: 0,
      complaints: [
        {
          file: join(folder, 'wrong.properties'),
          line: 6,
          column: 29,
          severity: 'error',
          code: 'CONFIG_MEMBER_UNDEFINED',
          directive: 'worker.lb.balance_workers',
          message: '"b" is not defined; mod_jk would send its share to localhost:8009',
          hint: 'define worker.b.host',
        },
      ],
    })
  })

  it('prints an object for what is right, too', async () => {
    const { code, printed } = await check('--json', 'good.properties')
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(printed.join('\n')), { errors: 0, warnings: 0, complaints: [] })
  })

  it('holds files against each other', async () => {
    const { code, printed } = await check('good.properties', 'server.xml')
    assert.equal(code, 0)
    assert.match(printed.join('\n'), /server\.xml:2:\d+ warning CONFIG_ROUTE_MISMATCH Engine\.jvmRoute: "b" /)
  })
})
