import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Complaints } from './complaint.ts'
import { codes, collect, here } from './testing/collect.ts'
import {
  readBytes,
  readMemberHost,
  readPattern,
  readSendOptions,
  readTomcatBoolean,
  readTomcatInteger,
  readUniqueId,
} from './tomcat-values.ts'
import type { Setting } from './worker-values.ts'

type Row = readonly [rule: string, value: string, result: unknown, code?: string]

function check(name: string, read: (setting: Setting, complaints: Complaints) => unknown, rows: readonly Row[]) {
  describe(name, () => {
    for (const [rule, value, result, code] of rows) {
      test(rule, () => {
        const { value: actual, complaints } = collect((list) => read({ directive: 'd', value, at: here }, list))
        assert.deepEqual(actual, result)
        assert.deepEqual(codes(complaints), code === undefined ? [] : [code])
      })
    }
  })
}

check('boolean (Boolean.valueOf)', readTomcatBoolean, [
  ['true', 'true', true],
  ['in capitals', 'TRUE', true],
  ['false', 'false', false],
  ['yes is false', 'yes', false, 'CONFIG_VALUE_NOT_BOOLEAN'],
  ['1 is false', '1', false, 'CONFIG_VALUE_NOT_BOOLEAN'],
  ['nothing is false', '', false, 'CONFIG_VALUE_NOT_BOOLEAN'],
])

check('number', (setting, list) => readTomcatInteger(setting, -1, 100, list), [
  ['digits', '42', 42],
  ['a sign', '-1', -1],
  ['spaces around', ' 42 ', 42],
  ['too small', '-2', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['too large', '101', undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['a unit', '5s', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
  ['nothing', '', undefined, 'CONFIG_VALUE_NOT_NUMBER'],
])

check('send options (tomcat-cluster.md 2.1)', readSendOptions, [
  ['a number', '8', 8],
  ['a name', 'async', 8],
  ['its long form', 'asynchronous', 8],
  ['several', 'use_ack,sync', 6],
  ['in capitals, with spaces', ' USE_ACK , Sync ', 6],
  ['all bits', 'byte,use_ack,sync,async,secure,udp,multicast', 127],
  ['0 leaves the default', '0', undefined],
  ['nothing leaves the default', '', undefined],
  ['an unknown name', 'ack', undefined, 'CONFIG_VALUE_REFUSED'],
  ['names of JavaScript are unknown', 'constructor', undefined, 'CONFIG_VALUE_REFUSED'],
  ['a negative number', '-1', undefined, 'CONFIG_VALUE_REFUSED'],
])

check('bytes', readBytes, [
  ['text is ISO-8859-1', 'é', Uint8Array.of(0xe9)],
  ['numbers are signed', '{0,127,-1,-128}', Uint8Array.of(0, 127, 255, 128)],
  ['unsigned ones are accepted', '{192}', Uint8Array.of(192), 'CONFIG_VALUE_ADJUSTED'],
  ['spaces are accepted', '{1, 2}', Uint8Array.of(1, 2), 'CONFIG_VALUE_ADJUSTED'],
  ['256 is no byte', '{256}', undefined, 'CONFIG_VALUE_REFUSED'],
  ['-129 is no byte', '{-129}', undefined, 'CONFIG_VALUE_REFUSED'],
  ['an empty list', '{}', undefined, 'CONFIG_VALUE_REFUSED'],
  ['an open list', '{1,2', undefined, 'CONFIG_VALUE_REFUSED'],
  ['other characters', '名', undefined, 'CONFIG_VALUE_REFUSED'],
])

check('unique id', readUniqueId, [
  ['16 bytes', `{${Array(16).fill(1)}}`, new Uint8Array(16).fill(1)],
  ['15 bytes', `{${Array(15).fill(1)}}`, undefined, 'CONFIG_VALUE_OUT_OF_RANGE'],
  ['text', '0123456789abcdef', undefined, 'CONFIG_VALUE_REFUSED'],
])

check('host of a member', readMemberHost, [
  ['a name', 'node1', 'node1'],
  ['four bytes', '{127,0,0,1}', '127.0.0.1'],
  ['signed bytes', '{-64,-88,0,1}', '192.168.0.1'],
  ['sixteen bytes', `{${Array(15).fill(0)},1}`, '0:0:0:0:0:0:0:1'],
  ['five bytes', '{1,2,3,4,5}', undefined, 'CONFIG_ADDRESS_SYNTAX'],
])

check('pattern', readPattern, [
  ['what both languages have', 'X_(a|b)\\d+', 'X_(a|b)\\d+'],
  ['classes intersect as in Java', '[[a-z]&&[^b]]', '[[a-z]&&[^b]]'],
  ['an intersection that JavaScript reads in another way', '[a-z&&[^b]]', undefined, 'CONFIG_VALUE_REFUSED'],
  ['nothing', '', undefined],
  ['an open group', '(a', undefined, 'CONFIG_VALUE_REFUSED'],
  ['a possessive quantifier', 'a++', undefined, 'CONFIG_VALUE_REFUSED'],
  ['a quotation', '\\Qa.b\\E', undefined, 'CONFIG_VALUE_REFUSED'],
  ['flags in the text', '(?i)a', undefined, 'CONFIG_VALUE_REFUSED'],
])
