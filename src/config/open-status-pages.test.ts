import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkFiles } from './check-files.ts'
import { memoryFiles } from './testing/memory-files.ts'

const status = (...lines: string[]) => [
  'JkWorkerProperty worker.list=s',
  'JkWorkerProperty worker.s.type=status',
  ...lines,
  'JkMount /jk s',
]
const listen = 'Listen 80'
const location = (path: string, ...lines: string[]) => [`<Location ${path}>`, ...lines, '</Location>']

const rows: readonly (readonly [rule: string, lines: readonly string[], isOpen: boolean])[] = [
  ['no rule at all', [listen, ...status()], true],
  ['on loopback alone', ['Listen 127.0.0.1:80', 'Listen [::1]:80', ...status()], false],
  ['nothing says where to listen, which is on loopback', status(), false],
  ['a user list', [listen, ...status('JkWorkerProperty worker.s.user=ann')], false],
  ['an empty address is every one', ['Listen 127.0.0.1:80', 'Listen 8080', ...status()], true],
  ['a rule for the page', [listen, ...status(), ...location('/jk', 'Require local')], false],
  ['a rule for what is above', [listen, ...status(), ...location('/', 'Deny from all')], false],
  ['a rule for another page', [listen, ...status(), ...location('/jk2', 'Require local')], true],
  ['a rule that lets everybody in', [listen, ...status(), ...location('/jk', 'Require all granted')], true],
  ['the same, of httpd 2.2', [listen, ...status(), ...location('/jk', 'Order allow,deny', 'Allow from all')], true],
  ['a pattern is taken to close', [listen, ...status(), ...location('/j*', 'Require local')], false],
]

describe('a status page that everybody may open', () => {
  for (const [rule, lines, isOpen] of rows)
    test(`${rule}: ${isOpen}`, async () => {
      const { complaints } = await checkFiles(['f.conf'], { ...memoryFiles({ 'f.conf': lines.join('\n') }), env: {} })
      const found = complaints.filter(({ code }) => code === 'CONFIG_STATUS_OPEN')
      assert.equal(found.length, isOpen ? 1 : 0)
    })
})
