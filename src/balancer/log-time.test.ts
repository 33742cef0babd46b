import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileTime } from './log-time.ts'

const moment = new Date(2026, 2, 5, 15, 4, 9, 7).getTime()

const strftime = (format: string, ms: number): string => compileTime(format)(ms)

describe('a time in a log', () => {
  const rows: readonly [format: string, text: string][] = [
    ['%a %A', 'Thu Thursday'],
    ['%b %h %B', 'Mar Mar March'],
    ['%d %e %j', '05  5 064'],
    ['%H %I %p', '15 03 PM'],
    ['%m %M %S', '03 04 09'],
    ['%Q %q', '007 007000'],
    ['%y %Y', '26 2026'],
    ['%u %w', '4 4'],
    ['%F %T %R %D', '2026-03-05 15:04:09 15:04 03/05/26'],
    ['%c', 'Thu Mar  5 15:04:09 2026'],
    ['%r', '03:04:09 PM'],
    ['%s', String(Math.floor(moment / 1000))],
    ['%%Y %n|%t|', '%Y \n|\t|'],
    ['%%T %%c is no code after a %', '%T %c is no code after a %'],
    ['100% %E plain', '100% %E plain'],
  ]
  for (const [format, text] of rows) test(format, () => assert.equal(strftime(format, moment), text))

  test('%z is the offset of local time', () => assert.match(strftime('%z', moment), /^[+-]\d{4}$/))
  test('noon and midnight', () => {
    assert.equal(strftime('%I %p', new Date(2026, 0, 1, 0).getTime()), '12 AM')
    assert.equal(strftime('%I %p', new Date(2026, 0, 1, 12).getTime()), '12 PM')
  })
  test('mod_jk’s own format', () => {
    assert.equal(strftime('[%a %b %d %H:%M:%S.%Q %Y] ', moment), '[Thu Mar 05 15:04:09.007 2026] ')
  })

  test('goes with the clock, within a second and over its end, and back', () => {
    const time = compileTime('%S.%Q|%q')
    const at = (ms: number) => time(moment - 7 + ms)
    assert.deepEqual([7, 8.9, 999, 1_000, 61_234, 5].map(at), [
      '09.007|007000',
      '09.008|008000',
      '09.999|999000',
      '10.000|000000',
      '10.234|234000',
      '09.005|005000',
    ])
  })
})
