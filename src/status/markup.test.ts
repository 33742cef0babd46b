import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseXml } from '@rgrove/parse-xml'
import fc from 'fast-check'
import { html } from './markup.ts'

describe('html', () => {
  it('escapes what is put into it', () => {
    assert.equal(html`<p title="${`"'`}">${'<b>&'}</p>`.text, '<p title="&quot;&#39;">&lt;b&gt;&amp;</p>')
  })

  it('does not escape its own kind', () => assert.equal(html`<p>${html`<b>${1}</b>`}</p>`.text, '<p><b>1</b></p>'))
  it('writes lists one after the other', () => assert.equal(html`${['a', html`<br/>`, 2]}`.text, 'a<br/>2'))
  it('writes nothing for undefined', () => assert.equal(html`<p>${undefined}</p>`.text, '<p></p>'))
  it('replaces what HTML may not hold', () => assert.equal(html`${'a\0b\x1b\ud800c'}`.text, 'a\ufffdb\ufffd\ufffdc'))

  it('stays well-formed, and gives back what was put in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { root } = parseXml(html`<p title="${text}">${text}</p>`.text)
        const given = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')
        assert.equal(root?.text, given)
      }),
    )
  })
})
