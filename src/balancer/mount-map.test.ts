import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileMounts, inOrder, MAX_MAPPED_BYTES } from './mount-map.ts'
import type { MountRule } from './options.ts'

/** `/x/*=w`, `!/x=w`, `-/x=w`, `-!/x=w`, as a uriworkermap writes them. */
function rule(text: string, source: MountRule['source'] = 'mount'): MountRule {
  const [, minus, bang, pattern, worker] = /^(-?)(!?)(.*)=(.*)$/.exec(text)!
  return {
    pattern: pattern!,
    worker: worker!,
    source,
    ...(bang === '!' && { exclude: true }),
    ...(minus === '-' && { disabled: true }),
  }
}

const fromFile = (text: string) => rule(text, 'mount-file')
const fromWorker = (text: string) => rule(text, 'worker')

const MATCHES: readonly [rule: string, rules: readonly MountRule[], path: string, worker: string | undefined][] = [
  ['nothing is mapped by nothing', [], '/app', undefined],
  ['an exact pattern maps its path', [rule('/app=a')], '/app', 'a'],
  ['an exact pattern maps nothing below', [rule('/app=a')], '/app/x', undefined],
  ['/app/* does not map /app', [rule('/app/*=a')], '/app', undefined],
  ['/app/* maps /app/', [rule('/app/*=a')], '/app/', 'a'],
  ['case counts', [rule('/app/*=a')], '/App/x', undefined],
  ['patterns are bytes, as paths are', [rule('/café/*=a')], '/caf\xc3\xa9/x', 'a'],

  ['more slashes win', [rule('/*=a'), rule('/app/*=b')], '/app/x', 'b'],
  ['more slashes win over length', [rule('/aaaaaaaaaaaa*=a'), rule('/a*/b=b')], '/aaaaaaaaaaaa/b', 'b'],
  ['the longer pattern wins', [rule('/a*=a'), rule('/ap*=b')], '/app', 'b'],
  ['an exact pattern has no privilege: the longer wildcard wins', [rule('/foo=a'), rule('/foo*=b')], '/foo', 'b'],
  ['/app/* wins over /*.jsp', [rule('/*.jsp=a'), rule('/app/*=b')], '/app/x.jsp', 'b'],
  ['the map file wins over JkMount', [rule('/app/*=a'), fromFile('/app/*=b')], '/app/x', 'b'],
  ['JkMount wins over the mount attribute', [fromWorker('/app/*=a'), rule('/app/*=b')], '/app/x', 'b'],
  ['of equals the first written wins', [rule('/?pp=a'), rule('/a?p=b')], '/app', 'a'],
  ['the same pattern again: the last one counts', [rule('/app/*=a'), rule('/app/*=b')], '/app/x', 'b'],
  ['a disabled rule does not replace the same pattern enabled', [rule('/app/*=a'), rule('-/app/*=b')], '/app/x', 'a'],
  ['a disabled rule never matches', [rule('-/app/*=a'), rule('/*=b')], '/app/x', 'b'],

  ['an exclusion takes the match back', [rule('/app/*=a'), rule('!/app/static/*=a')], '/app/static/x', undefined],
  ['an exclusion leaves other paths', [rule('/app/*=a'), rule('!/app/static/*=a')], '/app/x', 'a'],
  ['an exclusion of another worker has no effect', [rule('/app/*=a'), rule('!/app/static/*=b')], '/app/static/x', 'a'],
  ['an exclusion of * is one of every worker', [rule('/app/*=a'), rule('!/*.gif=*')], '/app/x.gif', undefined],
  ['an exclusion may be less specific than the rule', [rule('/app/deep/*=a'), rule('!/*=a')], '/app/deep/x', undefined],
  ['no less specific rule steps in', [rule('/*=b'), rule('/app/*=a'), rule('!/app/x*=a')], '/app/x1', undefined],
  ['a disabled exclusion has no effect', [rule('/app/*=a'), rule('-!/app/x=a')], '/app/x', 'a'],
  ['a pattern and its exclusion are two keys', [rule('!/app/*=b'), rule('/app/*=a')], '/app/x', 'a'],

  ['a path at the limit is mapped', [rule('/*=a')], `/${'x'.repeat(MAX_MAPPED_BYTES - 1)}`, 'a'],
  ['a path past the limit is not mapped', [rule('/*=a')], `/${'x'.repeat(MAX_MAPPED_BYTES)}`, undefined],
]

describe('compileMounts', () => {
  for (const [name, rules, path, worker] of MATCHES)
    it(name, () => assert.equal(compileMounts(rules).match(path)?.worker, worker))

  it('lists every rule in the order in which mod_jk lists them', () => {
    // The configuration and the answer of the saved jk-status pages.
    const rules = inOrder([
      fromFile('/shop/*=lb'),
      fromFile('!/shop/static/*=lb'),
      fromFile('-/old/*=lb'),
      fromFile('/mapped=plain'),
      rule('/app=lb'),
      rule('/app/*=lb'),
      rule('!/app/static/*=lb'),
      rule('!/*.gif=*'),
      rule('/reports/*=reports'),
      fromWorker('/plain/*=plain'),
    ])
    assert.deepEqual(
      rules.map((each) => each.pattern),
      [
        '/shop/static/*',
        '/app/static/*',
        '/reports/*',
        '/plain/*',
        '/shop/*',
        '/old/*',
        '/app/*',
        '/mapped',
        '/*.gif',
        '/app',
      ],
    )
  })
})
