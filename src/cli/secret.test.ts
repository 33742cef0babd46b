import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Environment, SECRET_VARIABLE, takeSecret } from './secret.ts'

describe('the secret of the environment', () => {
  it('is read once and then gone', () => {
    const env: Environment = { PATH: '/bin', [SECRET_VARIABLE]: 'hidden' }
    assert.equal(takeSecret(env), 'hidden')
    assert.deepEqual(env, { PATH: '/bin' })
    assert.equal(takeSecret(env), undefined)
  })

  it('is none when it is empty', () => {
    assert.equal(takeSecret({ [SECRET_VARIABLE]: '' }), undefined)
  })
})
