import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { encodePath, type PathRefusal, readPath } from './path.ts'

const CLEANED: readonly [rule: string, target: string, path: string | 400 | 404][] = [
  ['a plain path is itself', '/app/index.html', '/app/index.html'],
  ['the root', '/', '/'],
  ['sub-delimiters stay', "/a~$-_.+!*'(),:@&=b", "/a~$-_.+!*'(),:@&=b"],
  ['letters may be encoded', '/%6akstatus', '/jkstatus'],
  ['one character is one byte: UTF-8 stays encoded', '/caf%C3%A9', '/caf\xc3\xa9'],
  ['raw UTF-8 bytes are taken like encoded ones', '/caf\xc3\xa9', '/caf\xc3\xa9'],
  ['a decoded percent is not decoded again', '/app/%252e%252e/x', '/app/%2e%2e/x'],
  ['an encoded question mark belongs to the path', '/a%3Fb', '/a?b'],
  ['an encoded hash belongs to the path', '/a%23b', '/a#b'],
  ['full-width dots are no dots', '/app/%ef%bc%8e%ef%bc%8e/x', '/app/\xef\xbc\x8e\xef\xbc\x8e/x'],

  ['a path parameter is removed', '/foo;jsessionid=1.n1', '/foo'],
  ['parameters of every segment are removed', '/foo;a=b/bar;c', '/foo/bar'],
  ['an encoded semicolon begins a parameter as well', '/jkstatus%3bx', '/jkstatus'],
  ['a segment that is only a parameter vanishes', '/;/foo;/;/bar/;/;', '/foo/bar/'],

  ['runs of slashes collapse', '//foo///bar//', '/foo/bar/'],
  ['a dot segment goes', '/foo/./bar', '/foo/bar'],
  ['a leading dot segment goes', '/./foo', '/foo'],
  ['a trailing dot segment leaves a slash', '/a/.', '/a/'],
  ['an encoded dot segment goes', '/foo/%2e/bar', '/foo/bar'],
  ['a dot segment with a parameter goes', '/foo/.;/bar', '/foo/bar'],
  ['names that begin with dots stay', '/foo/..bar/.baz/...', '/foo/..bar/.baz/...'],
  ['two dots remove a segment', '/foo/../bar', '/bar'],
  ['trailing two dots leave a slash', '/a/b/..', '/a/'],
  ['two dots may reach the root', '/a/..', '/'],
  ['encoded two dots remove a segment', '/foo/%2e%2E/bar', '/bar'],
  ['two dots with a parameter remove a segment', '/a/..;/jkstatus', '/jkstatus'],
  ['two dots meet the collapsed slash', '/foo//../bar', '/bar'],
  ['httpd reads dots before parameters are dropped', '/foo/;/../bar', '/foo/bar'],

  ['above the root', '/../x', 400],
  ['above the root, encoded', '/foo/%2e%2e/%2E%2E/bar', 400],
  ['above the root once parameters are gone', '/..;/x', 400],
  ['above the root behind a collapsed slash', '//..', 400],
  ['a bad escape', '/foo%XX/bar', 400],
  ['a cut escape', '/foo%', 400],
  ['a half escape', '/foo/bar%0', 400],
  ['a signed escape', '/foo%-1/bar', 400],
  ['%u escapes', '/app/%u002e%u002e/x', 400],
  ['a raw hash', '/foo#f', 400],
  ['no leading slash', 'foo/bar', 400],
  ['an encoded leading slash', '%2Ffoo', 400],
  ['an empty target', '', 400],
  ['the asterisk', '*', 400],
  ['an encoded slash', '/foo%2Fbar', 404],
  ['an encoded NUL', '/foo%00/bar', 404],
  ['a bad escape outweighs an encoded slash', '/foo%2Fb%zz', 400],
  ['a backslash (ours)', '/foo\\bar', 400],
  ['an encoded backslash (ours)', '/foo/..%5Cbar', 400],
  ['an encoded control character (ours)', '/app/..%09/x', 400],
  ['a raw control character (ours)', '/app/\x01', 400],
  ['DEL (ours)', '/foo%7Fbar', 400],
  ['an overlong slash (ours)', '/app/..%c0%af../x', 400],
  ['overlong dots (ours)', '/app/%c0%ae%c0%ae/x', 400],
  ['a cut UTF-8 sequence (ours)', '/foo%E2%82', 400],
  ['ill-formed raw bytes (ours)', '/foo\xff', 400],
  ['a character that is no byte', '/foo\u20ac', 400],
]

const FORWARDED: readonly [rule: string, raw: string, forward: string][] = [
  ['a plain path goes as it is', '/app/x', '/app/x'],
  ['parameters travel', '/app;jsessionid=1.n1/x', '/app;jsessionid=1.n1/x'],
  ['an encoded semicolon travels as one', '/app%3Bjsessionid=1.n1', '/app;jsessionid=1.n1'],
  ['needless escapes are undone', '/%61pp', '/app'],
  ['needed escapes are written upper case', '/a%20b%c3%a9', '/a%20b%C3%A9'],
  ['an encoded percent stays encoded once', '/app/%252e%252e/x', '/app/%252e%252e/x'],
  ['an encoded question mark stays encoded', '/a%3fb', '/a%3Fb'],
  ['what a URI may not hold is encoded', '/a|b"c', '/a%7Cb%22c'],
  ['dots are resolved before', '/app/./x/../y', '/app/y'],
  ['a container cannot climb where we did not', '/app/;/../manager', '/app/manager'],
  ['two readings of one path: what was matched goes', '/secret/..;/public;v=1/x', '/public/x'],
]

/** Targets made of the pieces that path readers disagree about. */
const oddTarget = fc
  .array(
    fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      ';',
      ';a=b',
      '..;',
      '%2e',
      '%2E%2e',
      '%3b',
      '%25',
      'a',
      'b c',
      '%41',
      '%C3%A9',
    ),
    { maxLength: 14 },
  )
  .map((pieces) => `/${pieces.join('')}`)

/** What rules are matched against. */
function cleanPath(raw: string): string | PathRefusal {
  const read = readPath(raw)
  return typeof read === 'number' ? read : read.path
}

describe('the cleaned path', () => {
  for (const [rule, target, path] of CLEANED)
    it(`${rule}: ${JSON.stringify(target)}`, () => assert.equal(cleanPath(target), path))

  it('changes nothing that is clean already', () => {
    fc.assert(
      fc.property(oddTarget, (target) => {
        const path = cleanPath(target)
        if (typeof path === 'number') return
        assert.equal(cleanPath(encodePath(path)), path)
      }),
    )
  })

  it('leaves no parameter, no empty segment and no dot segment', () => {
    fc.assert(
      fc.property(oddTarget, (target) => {
        const path = cleanPath(target)
        if (typeof path === 'number') return
        assert.doesNotMatch(path, /;|\/\/|\/\.\.?(?:\/|$)/)
      }),
    )
  })

  it('agrees on the short way and the long way', () => {
    const plain = fc.stringMatching(/^\/[a-z0-9]{1,4}(?:\/[a-z0-9]{1,4}){0,4}$/)
    fc.assert(
      fc.property(plain, (path) => {
        assert.equal(cleanPath(path), path)
        assert.equal(cleanPath(path.replace(/[a-z]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)), path)
      }),
    )
  })
})

describe('readPath', () => {
  for (const [rule, raw, forward] of FORWARDED)
    it(`${rule}: ${raw}`, () => {
      const read = readPath(raw)
      assert.ok(typeof read === 'object')
      assert.equal(read.forward, forward)
    })

  it('forwards what means the same path to the next reader', () => {
    fc.assert(
      fc.property(oddTarget, (target) => {
        const read = readPath(target)
        if (typeof read === 'number') return
        assert.equal(cleanPath(read.forward), read.path)
      }),
    )
  })

  it('forwards nothing that needs dots resolved, with or without parameters', () => {
    fc.assert(
      fc.property(oddTarget, (target) => {
        const read = readPath(target)
        if (typeof read === 'number') return
        assert.doesNotMatch(read.forward, /\/\/|\/\.\.?(?:[;/]|$)/)
      }),
    )
  })
})
