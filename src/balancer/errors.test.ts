import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BalancerError, type BalancerErrorCode, balancerErrors } from './errors.ts'

const codes = Object.keys(balancerErrors) as BalancerErrorCode[]

describe('balancerErrors', () => {
  it('every code says what happened and what to do next', () => {
    for (const code of codes) {
      const { says, next, status } = balancerErrors[code]
      assert.ok(says.length > 10 && next.length > 5, code)
      assert.ok(status >= 400 && status <= 505, code)
    }
  })

  it('what the front refuses is not sent anywhere', () => {
    for (const code of codes) if (code.startsWith('FRONT_')) assert.equal(balancerErrors[code].retry, 'never', code)
  })

  it('a client error is never blamed on a worker, nor tried again', () => {
    for (const code of codes) {
      const { status, outcome, retry } = balancerErrors[code]
      if (status < 500) assert.deepEqual([outcome, retry], ['client-error', 'never'], code)
    }
  })

  it('what may be sent again to anyone has not been executed: its status is 503', () => {
    for (const code of codes)
      if (balancerErrors[code].retry === 'any') assert.equal(balancerErrors[code].status, 503, code)
  })
})

describe('BalancerError', () => {
  it('carries code, status and cause', () => {
    const cause = new Error('ECONNREFUSED')
    const error = new BalancerError('LB_CONNECT_REFUSED', { fact: '127.0.0.1:8009', cause })
    assert.equal(error.name, 'BalancerError')
    assert.equal(error.message, 'the worker refused the connection: 127.0.0.1:8009')
    assert.deepEqual([error.code, error.status, error.cause], ['LB_CONNECT_REFUSED', 503, cause])
  })

  it('has no cause where there is none', () => {
    assert.ok(!('cause' in new BalancerError('LB_NO_WORKER')))
  })
})
