/** Changes through jk-status that outlive the balancer: kept, done again, overruled by the file, and shown by check. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type Folder, temporaryFolder } from '../../test/kit/folder.ts'
import { until } from '../../test/kit/until.ts'
import { balancer as command } from './balancer.ts'
import { check } from './check.ts'
import { type FakeIo, fakeIo } from './testing/fake-io.ts'

const FILE = `worker.list=lb,plain,status
worker.a.type=http
worker.a.port=18101
worker.b.type=http
worker.b.port=18102
worker.lb.type=lb
worker.lb.balance_workers=a,b
worker.plain.type=http
worker.plain.port=18103
worker.status.type=status
worker.status.persist=true
`

interface Serving {
  readonly io: FakeIo
  /** The result line. */
  update(query: string): Promise<string>
  show(): Promise<string>
  stop(): Promise<void>
}

async function serve(folder: Folder, file = 'workers.properties'): Promise<Serving> {
  const io = fakeIo()
  const ended = command.run(['--listen', '127.0.0.1:0', `${folder.path}/${file}`], io)
  const line = await Promise.race([until('it is ready', () => io.printed[0]), ended.then(() => undefined)])
  const port = Number(/http=127\.0\.0\.1:(\d+)/.exec(line ?? '')?.[1])
  return {
    io,
    update: async (query) => (await read(port, `cmd=update&mime=txt&${query}`)).trim(),
    show: () => read(port, 'mime=txt'),
    stop: async () => {
      io.stop()
      await ended
    },
  }
}

async function read(port: number, query: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/jk-status?${query}`, { headers: { Connection: 'close' } })).text()
}

const OK = 'Result: type=OK message="Action finished"'

async function checked(folder: Folder): Promise<{ code: number; lines: string[] }> {
  const io = fakeIo()
  const code = await check.run([`${folder.path}/workers.properties`], io)
  return { code, lines: io.printed.map((line) => line.replaceAll(`${folder.path}/`, '')) }
}

const kept = (folder: Folder): string => readFileSync(`${folder.path}/workers.properties.edits`, 'utf8')

describe('changes that are kept', () => {
  test('hold after the next start; the file is for its owner, and nothing else is left behind', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const first = await serve(folder)
    assert.equal(await first.update('w=lb&sw=a&vwa=d&vwr=b'), OK)
    assert.equal(await first.update('w=lb&vlt=45'), OK)
    assert.equal(await first.update('w=plain&vart=4000'), OK)
    await first.stop()
    assert.deepEqual(kept(folder).split('\n').slice(1), [
      '{"worker":"lb","attribute":"recover_time","configured":"60","value":"45"}',
      '{"worker":"lb","member":"a","attribute":"activation","configured":"active","value":"disabled"}',
      '{"worker":"lb","member":"a","attribute":"redirect","configured":"","value":"b"}',
      '{"worker":"plain","attribute":"reply_timeout","configured":"300000","value":"4000"}',
      '',
    ])
    assert.equal(statSync(`${folder.path}/workers.properties.edits`).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(folder.path).sort(), ['workers.properties', 'workers.properties.edits'])

    const second = await serve(folder)
    const page = await second.show()
    assert.match(page, /^Balancer Worker: name=lb .* recover_time=45 /m)
    assert.match(page, /^Member: name=a .* activation=DIS .* redirect="b"/m)
    assert.match(page, /^AJP Worker: name=plain .* reply_timeout=4000 /m)
    assert.ok(
      second.io.complained.some((line) => /edit by .*\.edits: lb\/a activation: "active" -> "disabled"$/.test(line)),
    )
    await second.stop()
  })

  test('that are taken back are no changes any more, and the last one takes the file along', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const serving = await serve(folder)
    await serving.update('w=lb&sw=a&vwa=s')
    await until('it is kept', () => existsSync(`${folder.path}/workers.properties.edits`))
    await serving.update('w=lb&sw=a&vwa=a')
    await serving.stop()
    assert.deepEqual(readdirSync(folder.path), ['workers.properties'])
  })

  test('are overruled by a file that says something else since', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const first = await serve(folder)
    await first.update('w=lb&sw=a&vwf=3')
    await first.update('w=lb&sw=b&vwd=2')
    await first.stop()
    folder.write('workers.properties', `${FILE}worker.a.lbfactor=7\n`)

    const second = await serve(folder)
    const page = await second.show()
    assert.match(page, /^Member: name=a .* lbfactor=7 /m)
    assert.match(page, /^Member: name=b .* distance=2 /m)
    const [told] = second.io.complained.filter((line) => line.includes('CONFIG_EDIT_OVERRULED'))
    assert.match(
      told!,
      /edits:\d:1 warning CONFIG_EDIT_OVERRULED lb\/a lbfactor: "3" does not hold: .* "1", and the file says "7" now$/,
    )
    await second.stop()
    assert.deepEqual(kept(folder).split('\n').slice(1), [
      '{"worker":"lb","member":"b","attribute":"distance","configured":"0","value":"2"}',
      '',
    ])
  })

  test('are shown by check, whether they hold or not', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const entry = (more: object) =>
      `${JSON.stringify({ worker: 'lb', attribute: 'retries', configured: '2', value: '5', ...more })}\n`
    folder.write(
      'workers.properties.edits',
      `# by hand\n${entry({})}${entry({ configured: '3' })}${entry({ worker: 'gone' })}${entry({ attribute: 'type\n' })}`,
    )
    assert.deepEqual(await checked(folder), {
      code: 0,
      lines: [
        'workers.properties.edits:2:1 warning CONFIG_EDIT_KEPT lb retries: "5" holds, where the file says "2"',
        'workers.properties.edits:3:1 warning CONFIG_EDIT_OVERRULED lb retries: "5" does not hold: it was made when the file said "3", and the file says "2" now',
        'workers.properties.edits:4:1 warning CONFIG_EDIT_OVERRULED gone retries: "5" does not hold: it was made when the file said "2", and there is none any more',
        'workers.properties.edits:5:1 warning CONFIG_EDIT_OVERRULED lb "type\\n": "5" does not hold: it was made when the file said "2", and there is none any more',
      ],
    })
  })

  const DAMAGED: readonly [rule: string, line: string][] = [
    ['half a line', '{"worker":"lb","attri'],
    ['no object', '[]'],
    ['a number where a text belongs', '{"worker":"lb","attribute":"retries","configured":2,"value":"5"}'],
    ['something missing', '{"worker":"lb","attribute":"retries","value":"5"}'],
  ]
  for (const [rule, line] of DAMAGED)
    test(`that are damaged prevent the start, and check says where: ${rule}`, async (t) => {
      const folder = temporaryFolder('edits', t)
      folder.write('workers.properties', FILE)
      folder.write('workers.properties.edits', `\n${line}\n`)
      await assert.rejects(serve(folder), /edits:2:1 error CONFIG_EDIT_SYNTAX is no change as clowder writes it$/)
      assert.equal((await checked(folder)).code, 1)
    })

  test('with a value that no start would take are refused, and the others hold', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const entry = (value: string, attribute: string) =>
      `${JSON.stringify({ worker: 'lb', attribute, configured: '2', value })}\n`
    folder.write('workers.properties.edits', entry('0', 'retries') + entry('5', 'retries'))
    const serving = await serve(folder)
    assert.match(await serving.show(), /^Balancer Worker: name=lb .* retries=5 /m)
    assert.ok(serving.io.complained.some((line) => /edits refused: lb retries "0": out of range$/.test(line)))
    await serving.stop()
  })

  test('where nothing says so are not kept', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE.replace('persist=true', 'persist=false'))
    const serving = await serve(folder)
    assert.equal(await serving.update('w=lb&sw=a&vwa=d'), OK)
    await serving.stop()
    assert.deepEqual(readdirSync(folder.path), ['workers.properties'])
  })

  test('where they cannot be written hold until the end, and that is told', async (t) => {
    const folder = temporaryFolder('edits', t)
    folder.write('workers.properties', FILE)
    const serving = await serve(folder)
    folder.remove()
    assert.equal(await serving.update('w=lb&sw=a&vwa=d'), OK)
    await until('it is told', () => serving.io.complained.some((line) => line.includes('are not kept: ENOENT')))
    await serving.stop()
  })
})
