/** Everything that a user can get wrong at the start: one clear line, a non-zero exit, and nothing left running. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type Folder, temporaryFolder } from '../kit/folder.ts'
import { startClowder } from './clowder.ts'

describe('a wrong start', () => {
  let folder: Folder
  let takenPort: number
  const taken = createServer()
  before(async () => {
    folder = temporaryFolder('wrong')
    folder.write('throws.mjs', '\nthrow new TypeError("no database")')
    folder.write('rejects.mjs', 'export default async () => { throw new Error("no\\nroom") }')
    folder.write('nothing.mjs', 'export const answer = 42')
    folder.write('imports.mjs', 'import "./gone.mjs"')
    folder.write('syntax.mjs', 'export default (request, response => {')
    folder.write('exits.mjs', 'process.exit(0)')
    folder.write('open.xml', '<Service>\n<Connector protocol="AJP/1.3" port="0"/>\n</Service>')
    folder.write('ok.mjs', 'export default (request, response) => response.end("ok")')
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    takenPort = (taken.address() as AddressInfo).port
  })
  after(() => {
    taken.close()
    folder.remove()
  })

  /** `@` stands for the folder, `TAKEN` for a port in use. */
  const TABLE: { rule: string; args: string; code: number; line: RegExp }[] = [
    {
      rule: 'an unknown command',
      args: 'upp',
      code: 2,
      line: /^clowder: there is no command upp; the commands are up, /,
    },
    { rule: 'an unknown option', args: 'up --prot 80', code: 2, line: /^clowder: unknown option '--prot'/ },
    { rule: 'an argument too many', args: 'up now', code: 2, line: /^clowder: unexpected argument now$/ },
    {
      rule: 'an option without its value',
      args: 'up --port',
      code: 2,
      line: /^clowder: option '--port <value>' argument missing$/,
    },
    { rule: 'a port that is none', args: 'up --port 80a', code: 2, line: /^clowder: --port 80a is not a port$/ },
    {
      rule: 'too many workers',
      args: 'up --workers 17',
      code: 2,
      line: /^clowder: --workers 17 is not a number from 1 to 16$/,
    },
    {
      rule: 'the port of the balancer in use',
      args: 'up --port TAKEN',
      code: 1,
      line: /^clowder: 127\.0\.0\.1:\d+ is already in use; /,
    },
    {
      rule: 'an app that is missing',
      args: 'up --port 0 --app @/none.mjs',
      code: 1,
      line: /^clowder: worker1: there is no app module .*none\.mjs$/,
    },
    {
      rule: 'an app that throws at start',
      args: 'up --port 0 --app @/throws.mjs',
      code: 1,
      line: /^clowder: worker1: app .*throws\.mjs failed to load: TypeError: no database \(file:.*throws\.mjs:2:7\)$/,
    },
    {
      rule: 'an app whose set-up fails',
      args: 'up --port 0 --app @/rejects.mjs',
      code: 1,
      line: /^clowder: worker1: app .*rejects\.mjs failed to start: Error: no \(file:.*\)$/,
    },
    {
      rule: 'an app that ends the process',
      args: 'up --port 0 --app @/exits.mjs',
      code: 1,
      line: /^clowder: worker1 ended before it was ready \(exit code 0\)$/,
    },
    {
      rule: 'an app that is none',
      args: 'up --port 0 --app @/nothing.mjs',
      code: 1,
      line: /nothing\.mjs exports an object with answer; expected a function/,
    },
    {
      rule: 'an app whose import is missing',
      args: 'up --port 0 --app @/imports.mjs',
      code: 1,
      line: /imports\.mjs: Cannot find module '.*gone\.mjs'/,
    },
    {
      rule: 'an app with a syntax error',
      args: 'up --port 0 --app @/syntax.mjs',
      code: 1,
      line: /syntax\.mjs failed to load: SyntaxError: /,
    },
    { rule: 'a worker without an app', args: 'worker --http 0', code: 2, line: /^clowder: worker needs --app MODULE$/ },
    { rule: 'a worker that listens nowhere', args: 'worker --app @/ok.mjs', code: 2, line: /--http HOST:PORT/ },
    {
      rule: 'a worker whose port is in use',
      args: 'worker --app @/ok.mjs --http TAKEN',
      code: 1,
      line: /^clowder: 127\.0\.0\.1:\d+ is already in use/,
    },
    {
      rule: 'a worker whose channel port is in use',
      args: 'worker --app @/ok.mjs --http 0 --channel TAKEN',
      code: 1,
      line: /^clowder: port \d+ is in use on 127\.0\.0\.1$/,
    },
    {
      rule: 'AJP without a secret, on the command line',
      args: 'worker --app @/ok.mjs --ajp 0',
      code: 2,
      line: /^clowder: --ajp needs the balancer's secret in the variable CLOWDER_AJP_SECRET, or --insecure /,
    },
    {
      rule: 'AJP without a secret, in a file',
      args: 'worker @/open.xml --app @/ok.mjs',
      code: 2,
      line: /open\.xml:2:1 error CONFIG_SECRET_MISSING Connector: AJP without a secret \(write secret=.* secretRequired="false"\)$/,
    },
    {
      rule: 'a worker whose AJP port is in use',
      args: 'worker --app @/ok.mjs --insecure --ajp TAKEN',
      code: 1,
      line: /^clowder: 127\.0\.0\.1:\d+ is already in use/,
    },
    { rule: 'a worker whose file is missing', args: 'worker @/none.xml --app @/ok.mjs', code: 2, line: /none\.xml/ },
    {
      rule: 'a balancer without anything',
      args: 'balancer',
      code: 2,
      line: /^clowder: balancer needs a FILE or --worker NAME=URL$/,
    },
    { rule: 'a balancer whose file is missing', args: 'balancer @/none.conf', code: 2, line: /none\.conf/ },
    {
      rule: 'a balancer whose port is in use',
      args: 'balancer --worker a=http://127.0.0.1:1 --listen TAKEN',
      code: 1,
      line: /^clowder: 127\.0\.0\.1:\d+ is already in use; /,
    },
    {
      rule: 'a worker that is no URL',
      args: 'balancer --worker a=b',
      code: 2,
      line: /^clowder: --worker a=b is not NAME=ajp:\/\/HOST:PORT or NAME=http:\/\/HOST:PORT$/,
    },
    {
      rule: 'two workers of one name',
      args: 'balancer --worker a=http://h:1 --worker a=http://h:2',
      code: 2,
      line: /^clowder: there are two workers called a$/,
    },
    { rule: 'a status page without an address', args: 'status', code: 2, line: /^clowder: status needs the URL/ },
    { rule: 'nothing to check', args: 'check', code: 2, line: /^clowder: check needs at least one FILE$/ },
  ]
  for (const { rule, args, code, line } of TABLE)
    test(`${rule}: clowder ${args}`, async (t) => {
      const words = args.replaceAll('@', folder.path).replaceAll('TAKEN', String(takenPort)).split(' ')
      const running = await startClowder(words, { owner: t })
      const exit = await running.exited
      const complaints = running.lines.filter((text) => !text.startsWith('ready '))
      assert.equal(complaints.length, 1, complaints.join('\n'))
      assert.match(complaints[0]!, line)
      assert.deepEqual(exit, { code, signal: null })
    })
})

describe('the help', () => {
  for (const words of [
    '--help',
    'help',
    'up --help',
    'help worker',
    'balancer -h',
    'status --help',
    'check --help',
    '--version',
    '',
  ])
    test(`clowder ${words}`, async (t) => {
      const running = await startClowder(words.split(' ').filter(Boolean), { owner: t })
      assert.deepEqual(await running.exited, { code: 0, signal: null })
      assert.match(running.lines[0]!, words === '--version' ? /^\d+\.\d+\.\d+/ : /^clowder [\w.]+[: ]/)
      for (const text of running.lines) assert.ok(text.length <= 120, text)
    })
})
