import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSessionManager } from '../session/index.ts'
import { findHome, takeHome } from './home.ts'

describe('home', () => {
  const context = (name: string) => ({ name, route: name, sessions: createSessionManager({ name }) })

  it('is found while it is taken, also by another copy of this module', async () => {
    const one = context('one')
    const leave = takeHome(one)
    // As this file ends, so does its neighbour: .ts from the sources, .js when compiled.
    const sibling = import.meta.url.replace('home.test', 'home')
    const copy: typeof import('./home.ts') = await import(`${sibling}?copy`)
    assert.equal(copy.findHome(), one)
    leave()
    assert.equal(findHome(), undefined)
  })

  it('belongs to whoever took it last, and only that one gives it up', () => {
    const [one, two] = [context('one'), context('two')]
    const leaveOne = takeHome(one)
    const leaveTwo = takeHome(two)
    leaveOne()
    assert.equal(findHome(), two)
    leaveTwo()
    assert.equal(findHome(), undefined)
  })
})
