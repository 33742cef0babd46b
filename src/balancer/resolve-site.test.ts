import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Findings } from './findings.ts'
import { resolveSite } from './resolve-site.ts'
import type { SiteOptions } from './site-options.ts'

const ROWS: readonly [rule: string, site: SiteOptions, problem?: RegExp | undefined, warning?: RegExp][] = [
  ['nothing', {}],
  ['addresses', { addresses: ['*:*', '*:80', '10.0.0.1:80', '[::1]:*'] }],
  ['no address', { addresses: ['example.com:80'] }, /example.com:80 is no ADDRESS:PORT/],
  ['no port', { addresses: ['*:70000'] }, /no ADDRESS:PORT/],
  ['a folder', { files: { root: '/srv' } }],
  ['a relative folder', { files: { root: 'srv' } }, /srv is not absolute/],
  ['an alias without a slash', { files: { aliases: [{ path: 'x', target: '/x' }] } }, /does not begin with/],
  ['a session of no name', { files: { stripSession: '' } }, /is empty/],
  ['an environment', { env: [{ when: { of: 'path', matches: 'x+' }, sets: [] }] }],
  ['no pattern', { env: [{ when: { of: 'path', matches: '(' }, sets: [] }] }, /no regular expression/],
  [
    'no pattern of a field',
    { env: [{ when: { of: { field: '(' }, matches: '' }, sets: [] }] },
    /no regular expression/,
  ],
  ['no place', { forced: [{ location: '(', match: 'regexp' }] }, /no regular expression/],
  ['a log', { logs: [{ file: '/x.log', format: '%h' }] }],
  ['a log of no format', { logs: [{ file: '/x.log', format: '%Z' }] }, /%Z is no code/],
  [
    'a log of mod_jk of no format is left out',
    { logs: [{ file: '/x', format: '%Z', of: 'jk' }] },
    undefined,
    /%Z is no code/,
  ],
  ['a relative log', { logs: [{ file: 'x.log', format: '%h' }] }, /x.log is not absolute/],
  ['a mount file', { mountFile: { file: '/m', reloadMs: -1 } }, /reloadMs/],
]

describe('resolveSite', () => {
  for (const [rule, site, problem, warning] of ROWS) {
    it(rule, () => {
      const findings = new Findings()
      const resolved = resolveSite('host', site, findings)
      if (problem === undefined) assert.deepEqual(findings.problems, [])
      else assert.match(findings.problems.join(), problem)
      if (warning === undefined) assert.deepEqual(findings.warnings, [])
      else assert.match(findings.warnings.join(), warning)
      if (problem === undefined && warning === undefined) assert.deepEqual(resolved, site)
    })
  }

  it('writes an IPv6 address as the system does', () => {
    assert.deepEqual(resolveSite('host', { addresses: ['[0:0::0001]:80'] }, new Findings()).addresses, ['[::1]:80'])
  })
})
