import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bcryptDigest, isBcrypt } from './bcrypt.ts'
import { isPassword, isPasswordHash } from './htpasswd.ts'

/** Written by Apache's htpasswd 2.4. */
const ENTRIES: readonly [kind: string, password: string, hash: string][] = [
  ['bcrypt', 'secret pass', '$2y$05$.KudlTtRsj97l41mk8iIWO8uQdcgj2IeemJ9m8R/eBnwDpu/TTDUS'],
  ['bcrypt of UTF-8', 'pä€', '$2y$04$dA2zYqcLHNDscjO3lQG5.uDKDwSFE6Oe1Dbode7n1RxOYH6CYVTNq'],
  ['bcrypt of nothing', '', '$2y$05$l9Dale5vXP8IAS7wz85X5ut6QSWLnwU5mDbhRQ6uFI.WxMgNJtO3y'],
  ['apr1', 'secret pass', '$apr1$Fyd7Cg2E$8NguHgDSOfdpN1qbAx0AA0'],
  ['SHA', 'secret pass', '{SHA}O1hAcUlX7zkBbV+/3rmbDfUlbNM='],
]

describe('entries of htpasswd', () => {
  for (const [kind, password, hash] of ENTRIES) {
    it(`${kind}: the password fits`, async () => assert.equal(await isPassword(password, hash), true))
    it(`${kind}: another does not`, async () => assert.equal(await isPassword(`${password}x`, hash), false))
    it(`${kind}: a known kind`, () => assert.equal(isPasswordHash(hash), true))
  }

  const UNKNOWN = ['', 'plain', '$1$salt$hash', '$6$salt$hash', 'rqXexS6ZhobKA', '{SHA}', '$2y$05$short', '$apr1$$']
  for (const hash of UNKNOWN) {
    it(`"${hash}" is no kind that is checked, and fits no password`, async () => {
      assert.equal(isPasswordHash(hash), false)
      assert.equal(await isPassword('', hash), false)
      assert.equal(await isPassword('plain', hash), false)
    })
  }

  it('a cost that would take minutes is refused', async () => {
    const hash = '$2y$31$.KudlTtRsj97l41mk8iIWO8uQdcgj2IeemJ9m8R/eBnwDpu/TTDUS'
    assert.equal(isBcrypt(hash), false)
    assert.equal(await bcryptDigest('x', hash), undefined)
  })

  it('bcrypt looks at 72 bytes', async () => {
    const salt = `$2y$04$dA2zYqcLHNDscjO3lQG5.u${'.'.repeat(31)}`
    const digest = (length: number) => bcryptDigest('x'.repeat(length), salt)
    assert.deepEqual(await digest(72), await digest(200))
    assert.notDeepEqual(await digest(71), await digest(72))
  })
})
