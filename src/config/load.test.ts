import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ConfigError } from './errors.ts'
import { checkConfiguration, loadBalancerConfiguration, loadWorkerConfiguration, requireOptions } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'

const workers = 'worker.list=a\nworker.a.type=http\n'

describe('loading', () => {
  test('the files that were asked for are listed, missing ones too', async () => {
    const files = memoryFiles({
      'c/jk.conf': 'JkWorkersFile w.properties\nJkMountFile m.properties\n',
      'c/w.properties': workers,
    })
    const loaded = await loadBalancerConfiguration('c/jk.conf', files)
    assert.deepEqual(loaded.files, ['c/jk.conf', 'c/w.properties', 'c/m.properties'])
    assert.equal(loaded.options, undefined)
  })

  test('a file that cannot be read is a complaint at its first place', async () => {
    const { complaints, options } = await loadWorkerConfiguration('none.xml', memoryFiles({}))
    assert.equal(options, undefined)
    const [{ file, line, column, code }] = complaints as [(typeof complaints)[0]]
    assert.deepEqual(
      { file, line, column, code },
      { file: 'none.xml', line: 1, column: 1, code: 'CONFIG_FILE_UNREADABLE' },
    )
  })

  test('each command refuses the files of the other, and says which it is', async () => {
    const files = memoryFiles({
      'server.xml': '<Server/>',
      'w.properties': workers,
      'm.properties': '/a=b\n',
      'c.yaml': '',
    })
    const said = async (loaded: Promise<{ complaints: readonly { message: string; hint?: string }[] }>) => {
      const [complaint] = (await loaded).complaints
      return `${complaint?.message} ${complaint?.hint ?? ''}`
    }
    assert.match(await said(loadBalancerConfiguration('server.xml', files)), /is a server\.xml.*clowder worker/)
    assert.match(
      await said(loadWorkerConfiguration('w.properties', files)),
      /is a workers\.properties.*clowder balancer/,
    )
    assert.match(await said(loadBalancerConfiguration('m.properties', files)), /is a uriworkermap\.properties/)
    assert.match(await said(loadWorkerConfiguration('c.yaml', files)), /has neither balancer nor workers/)
  })

  test('warnings leave the options usable', async () => {
    const loaded = await loadBalancerConfiguration(
      'w.properties',
      memoryFiles({ 'w.properties': `${workers}worker.b.port=1\n` }),
    )
    assert.equal(loaded.complaints.length, 1)
    assert.deepEqual(requireOptions(loaded).workerList, ['a'])
  })

  test('requireOptions throws all errors in one', async () => {
    const text = `${workers}worker.a.port=x\nworker.a.retries=y\nworker.b.port=1\n`
    const loaded = await loadBalancerConfiguration('w.properties', memoryFiles({ 'w.properties': text }))
    assert.throws(
      () => requireOptions(loaded),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.equal(error.code, 'CONFIG_INVALID')
        assert.equal(error.complaints.length, 3)
        assert.deepEqual(
          error.message.split('\n').map((line) => line.split(' ')[0]),
          ['w.properties:3:15', 'w.properties:4:18'],
        )
        return true
      },
    )
  })

  test('variables come from the given environment, not from that of the process', async () => {
    const text = 'worker.list=a\nworker.a.type=http\nworker.a.route=$(PATH)\n'
    const files = memoryFiles({ 'w.properties': text })
    const { options } = await loadBalancerConfiguration('w.properties', { ...files, env: { PATH: 'r1' } })
    assert.deepEqual(options?.workers.a, { type: 'http', route: 'r1' })
    const without = await loadBalancerConfiguration('w.properties', { ...files, env: {} })
    assert.deepEqual(
      without.complaints.map(({ code }) => code),
      ['CONFIG_VARIABLE_UNKNOWN'],
    )
  })
})

describe('law: whatever a file holds, there are options or an error, and complaints stand inside of the text', () => {
  const pieces: Readonly<Record<string, readonly string[]>> = {
    'jk.conf': [
      ...[
        '<',
        '>',
        '</',
        '\n',
        '\\\n',
        ' ',
        '"',
        "'",
        `\${A}`,
        '#',
        'Define A /',
        '<VirtualHost *:80>\n',
        '</VirtualHost>\n',
      ],
      ...[
        '<Location /x>\n',
        '</Location>\n',
        'JkMount /x a\n',
        'JkMount a\n',
        'Require ip ::1\n',
        'Deny from all\n',
        'Listen 80\n',
      ],
      ...[
        'Include jk.conf\n',
        'Include *\n',
        '<IfModule jk_module>\n',
        '</IfModule>\n',
        '<RequireAll>\n',
        '</RequireAll>\n',
      ],
      ...[
        'JkWorkerProperty worker.list=a\n',
        'ServerName x\n',
        'JkMountCopy All\n',
        'JkMountFile jk.conf\n',
        '<%= %>',
        '\u3000',
      ],
    ],
    'w.properties': [
      ...[
        'worker.',
        'list',
        'a',
        'b',
        '.',
        '=',
        ',',
        '\n',
        '\r\n',
        '#',
        '$(x)',
        'type',
        'lb',
        'http',
        'balance_workers',
        '\u3000',
      ],
      ...[
        'worker.a.type=lb\n',
        'worker.a.balance_workers=a,b\n',
        'worker.b.reference=worker.a\n',
        'worker.list=a\n',
        '\uFEFF',
        '{{',
      ],
      ...['worker.a.reference=worker.b\n', 'worker.b.type=http\n', 'worker.b.mount=/x !/y\n', 'worker.maintain=1k\n'],
    ],
    'server.xml': [
      ...[
        '<Server>',
        '</Server>',
        '<Service>',
        '</Service>',
        `<Engine name="e" jvmRoute="\${r}">`,
        '</Engine>',
        '<Host name="h"/>',
      ],
      ...[
        '<Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster">',
        '</Cluster>',
        '<Connector port="80"/>',
        '<',
        '>',
        '"',
      ],
      ...[
        '<Channel className="org.apache.catalina.tribes.group.GroupChannel">',
        '</Channel>',
        '<!--',
        '-->',
        '”',
        '&',
        '\n',
        ' ',
      ],
      ...[
        '<Interceptor className="x"/>',
        '<Member host="a" port="1" uniqueId="{1}"/>',
        '<Context sessionTimeout="5"/>',
      ],
    ],
  }
  for (const [name, units] of Object.entries(pieces)) {
    test(name, async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: fc.constantFrom(...units), maxLength: 40 }), async (text) => {
          const { options, complaints } = await checkConfiguration(name, { ...memoryFiles({ [name]: text }), env: {} })
          assert.equal(
            options === undefined,
            complaints.some(({ severity }) => severity === 'error'),
          )
          const lines = text.split('\n')
          for (const { file, line, column } of complaints) {
            assert.equal(file, name)
            assert.ok(line >= 1 && line <= lines.length, `line ${line}`)
            assert.ok(column >= 1 && column <= lines[line - 1]!.length + 2, `column ${line}:${column}`)
          }
        }),
        { numRuns: 1000 },
      )
    })
  }
})
