import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codes, collect, here } from './testing/collect.ts'
import type { ValueKind, WorkerDirective } from './worker-directives.ts'
import { readValue } from './worker-values.ts'

type Row = readonly [rule: string, value: string, result: unknown, code?: string]

function check(name: string, row: Pick<WorkerDirective, 'kind' | 'unit'>, rows: readonly Row[]) {
  describe(name, () => {
    for (const [rule, value, result, code] of rows) {
      test(rule, () => {
        const setting = { directive: 'd', value, at: here }
        const { value: actual, complaints } = collect((list) => readValue(row, setting, list))
        assert.deepEqual(actual, result)
        assert.deepEqual(codes(complaints), code === undefined ? [] : [code])
      })
    }
  })
}

check('boolean (mod_jk.md 1.1)', { kind: { is: 'boolean' } }, [
  ...['1', 'true', 'TRUE', 'T', 'yes', 'Y', 'on', 'On'].map((value): Row => [`${value} is true`, value, true]),
  ...['0', 'false', 'F', 'no', 'N', 'off', 'OFF'].map((value): Row => [`${value} is false`, value, false]),
  ['only the first letter counts', 'nonsense', false, 'CONFIG_VALUE_NOT_BOOLEAN'],
  ['also for true', 'Tomcat', true, 'CONFIG_VALUE_NOT_BOOLEAN'],
  ['ong is not on', 'ong', undefined, 'CONFIG_VALUE_NOT_BOOLEAN'],
  ['10 is not 1', '10', undefined, 'CONFIG_VALUE_NOT_BOOLEAN'],
])

check('letters', { kind: { is: 'letters', known: 'CPIA' } }, [
  ['as they stand', 'CP', 'CP'],
  ['in any case and order', 'ipC', 'IPC'],
  ['others are passed over', 'C, x', 'C', 'CONFIG_VALUE_WORD'],
  ['none of them is as if nothing were said', 'x', undefined, 'CONFIG_VALUE_WORD'],
])

const count: ValueKind = { is: 'integer', min: 0, raise: true }
check('number', { kind: count }, [
  ['decimal', '12', 12],
  ['with sign', '+12', 12],
  ['k is 1024', '2k', 2048],
  ['M is 1 048 576', '2M', 2_097_152],
  ['below the least it is raised', '-1', 0, 'CONFIG_VALUE_ADJUSTED'],
  ['trailing text', '12x', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['trailing text behind a suffix', '12kB', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['a fraction', '1.5', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['hexadecimal', '0x10', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['an exponent', '1e3', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['words', 'ten', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['digits of other scripts', '１２', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['the largest', '2147483647', 2_147_483_647],
  ['one more', '2147483648', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['far more', '9'.repeat(400), undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['far less is not raised', `-${'9'.repeat(400)}`, undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
])

check('number of seconds', { kind: count, unit: 's' }, [
  ['becomes milliseconds', '60', 60_000],
  ['k is no unit of time', '1k', 1_024_000, 'CONFIG_VALUE_SUFFIX'],
  ['stays within what a timer takes', '2147484', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
])

check('number of milliseconds', { kind: count, unit: 'ms' }, [
  ['stays', '60', 60],
  ['m is no minute', '1m', 1_048_576, 'CONFIG_VALUE_SUFFIX'],
])

check('number of bytes', { kind: count, unit: 'bytes' }, [['k is welcome', '8k', 8192]])

check('port', { kind: { is: 'integer', min: 0, max: 65_535 } }, [
  ['0', '0', 0],
  ['negative', '-1', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['too large', '65536', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
])

const method: ValueKind = { is: 'letter', words: ['Request', 'Traffic', 'Busyness'], values: ['r', 't', 'b'] }
check('word by its letter', { kind: method }, [
  ['the word', 'Traffic', 't'],
  ['the letter', 'T', 't'],
  ['in small', 'traffic', 't'],
  ['the digit', '2', 'b'],
  ['another word with that letter', 'bogus', 'b', 'CONFIG_VALUE_WORD'],
  ['another letter is the default', 'xyz', undefined, 'CONFIG_VALUE_WORD'],
  ['a digit too large', '3', undefined, 'CONFIG_VALUE_WORD'],
  ['a digit with a tail', '12', 't', 'CONFIG_VALUE_WORD'],
])

check('host', { kind: { is: 'host' } }, [
  ['a name', 'tomcat-1.example.com', 'tomcat-1.example.com'],
  ['an address', '127.0.0.1', '127.0.0.1'],
  ['brackets vanish', '[::1]', '::1'],
  ['no port', 'localhost:8080', undefined, 'CONFIG_ADDRESS_SYNTAX'],
  ['no space', 'a b', undefined, 'CONFIG_ADDRESS_SYNTAX'],
  ['61 bytes', `a.${'b'.repeat(59)}`, `a.${'b'.repeat(59)}`, 'CONFIG_VALUE_LONG'],
  ['64 bytes', `a.${'b'.repeat(62)}`, undefined, 'CONFIG_VALUE_TOO_LONG'],
])

check('name', { kind: { is: 'text', limited: true } }, [
  ['60 bytes', 'a'.repeat(60), 'a'.repeat(60)],
  ['bytes are counted', '名'.repeat(21), '名'.repeat(21), 'CONFIG_VALUE_LONG'],
  ['64 bytes', 'a'.repeat(64), undefined, 'CONFIG_VALUE_TOO_LONG'],
])

check('statuses', { kind: { is: 'statuses' } }, [
  ['split like lists', '500,-404 503\t502', [500, -404, 503, 502]],
  ['others are left out', '500 9x9', [500], 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['no status', '600', [], 'CONFIG_VALUE_OUT_OF_RANGE'],
])
