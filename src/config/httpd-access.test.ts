import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { compileAccess } from '../balancer/access.ts'
import type { AccessRule } from '../balancer/access-options.ts'
import { Complaints } from './complaint.ts'
import { readAccess } from './httpd-access.ts'
import { parseHttpd } from './httpd-tree.ts'
import { sourceText } from './source-text.ts'

/** A condition of mod_authz_core as a tree, and its answer: true, false, or neutral (undefined). */
type Condition =
  | { is: 'ip'; addresses: string[]; not: boolean }
  | { is: 'all'; granted: boolean; not: boolean }
  | { is: 'user'; not: boolean }
  | { is: 'any' | 'every' | 'none'; of: Condition[] }

const people = ['10.0.0.1', '10.0.0.2', '10.0.0.3']

/** httpd: a negated condition denies or says nothing; RequireAny wants one yes, RequireAll no no and one yes. */
function answer(condition: Condition, address: string): boolean | undefined {
  switch (condition.is) {
    case 'ip':
      return negated(condition.addresses.includes(address), condition.not)
    case 'all':
      return negated(condition.granted, condition.not)
    case 'user':
      return negated(false, condition.not)
    case 'any':
      return condition.of.some((part) => answer(part, address) === true)
    case 'every': {
      const answers = condition.of.map((part) => answer(part, address))
      return !answers.includes(false) && answers.includes(true)
    }
    case 'none':
      return condition.of.some((part) => answer(part, address) === true) ? false : undefined
  }
}

function negated(met: boolean, not: boolean): boolean | undefined {
  return not ? (met ? false : undefined) : met
}

function written(condition: Condition): string {
  const not = 'not' in condition && condition.not ? 'not ' : ''
  switch (condition.is) {
    case 'ip':
      return `Require ${not}ip ${condition.addresses.join(' ')}`
    case 'all':
      return `Require ${not}all ${condition.granted ? 'granted' : 'denied'}`
    case 'user':
      return `Require ${not}valid-user`
    default: {
      const name = { any: 'RequireAny', every: 'RequireAll', none: 'RequireNone' }[condition.is]
      return `<${name}>\n${condition.of.map(written).join('\n')}\n</${name}>`
    }
  }
}

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      is: fc.constant('ip' as const),
      addresses: fc.subarray(people, { minLength: 1 }),
      not: fc.boolean(),
    }),
    fc.record({ is: fc.constant('all' as const), granted: fc.boolean(), not: fc.boolean() }),
    fc.record({ is: fc.constant('user' as const), not: fc.boolean() }),
    fc.record({
      is: fc.constantFrom('any' as const, 'every' as const, 'none' as const),
      of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

function read(text: string): { rule: AccessRule | undefined; errors: boolean } {
  const complaints = new Complaints()
  const rule = readAccess({ location: '/x' }, parseHttpd(sourceText('f', text), complaints), complaints)?.rule
  return { rule, errors: complaints.hasErrors }
}

function allows(rule: AccessRule, address: string): boolean {
  const visitor = { client: { address }, method: 'GET', user: undefined }
  return compileAccess([rule]).guardFor('/x')?.judge(visitor) === 'in'
}

describe('access', () => {
  test('law: a rule lets in exactly whom httpd lets in; what cannot be expressed is an error', () => {
    let expressed = 0
    fc.assert(
      fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), (conditions) => {
        const { rule, errors } = read(conditions.map(written).join('\n'))
        if (rule === undefined || errors) {
          assert.ok(errors, 'no rule without an error')
          return
        }
        expressed += 1
        for (const address of people) {
          const wanted = conditions.some((part) => answer(part, address) === true)
          assert.equal(allows(rule, address), wanted, `${address} in ${JSON.stringify(rule)}`)
        }
      }),
      { numRuns: 2000 },
    )
    assert.ok(expressed > 200, `only ${expressed} of the conditions could be expressed`)
  })

  test('law: Order, Allow and Deny are taken as they stand', () => {
    const order = fc.constantFrom('deny,allow' as const, 'allow,deny' as const)
    const list = fc.subarray(['all', ...people])
    fc.assert(
      fc.property(order, list, list, (given, allow, deny) => {
        const lines = [
          `Order ${given}`,
          ...allow.map((one) => `Allow from ${one}`),
          ...deny.map((one) => `Deny from ${one}`),
        ]
        assert.deepEqual(read(lines.join('\n')).rule, { location: '/x', order: given, allow, deny })
      }),
    )
  })

  test('no access directives, no rule', () => assert.deepEqual(read(''), { rule: undefined, errors: false }))

  for (const [rule, lines] of [
    ['a provider that is not known, before the type', ['AuthBasicProvider ldap', 'AuthType Basic']],
    ['a provider that is not known, after the type', ['AuthType Basic', 'AuthBasicProvider ldap']],
    ['a type that is not known', ['AuthType Digest']],
  ] as const)
    test(`${rule}: no password of ours proves anybody`, () => {
      const { rule: read1, errors } = read([...lines, 'AuthName x', 'Require valid-user'].join('\n'))
      assert.deepEqual(read1?.auth, { none: true, realm: 'x' })
      assert.ok(!errors)
    })

  for (const inner of ['Require host example.org', 'Require ip nonsense', 'Require ldap-group staff'])
    test(`${inner} within RequireNone is an error, since to leave it out would let in whom it keeps out`, () => {
      assert.ok(!read(inner).errors)
      assert.ok(read(`Require all granted\n<RequireNone>\n${inner}\n</RequireNone>`).errors)
    })

  test('Order is deny,allow by default', () => {
    assert.equal(read('Deny from all').rule?.order, 'deny,allow')
  })
})
