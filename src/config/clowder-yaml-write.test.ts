/** Law: what is written is read as it was, and the schema accepts it; whatever the tables allow, and whatever texts hold. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { Document, parse } from 'yaml'
import { fileKind } from './clowder-yaml.ts'
import { readYaml } from './clowder-yaml-document.ts'
import { type Field, keyOf, type ObjectKind, type YamlKind } from './clowder-yaml-kinds.ts'
import { YamlReader } from './clowder-yaml-read.ts'
import { clowderSchema } from './clowder-yaml-schema.ts'
import { formatDuration, YamlWriter } from './clowder-yaml-write.ts'
import { Complaints, formatComplaint } from './complaint.ts'
import { sourceText } from './source-text.ts'

/** Texts that YAML, variables and editors of old find difficult. */
const nasty = [
  'null',
  'true',
  'yes',
  '0123',
  '1e3',
  '~',
  '- a',
  '# x',
  'a: b',
  '<<',
  '*a',
  '&a',
  '!t',
  '|',
  '"',
  "'",
  `\${A}`,
  `$\${`,
  '{',
  ']',
  ' x ',
  'é',
  '\u2028',
  '\u0085',
  '\t',
  'a\nb',
  '__proto__',
  'constructor',
  '%',
  '@',
  '?',
]
const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ minLength: 1, unit: 'binary', maxLength: 8 }).filter((word) => !/[\uD800-\uDFFF]/.test(word)),
)

const samples = ['/', '/a b/*', '/#x', 'tomcat.example', '127.0.0.1', '::1', 'CPI', '', 'node-1']

/** What the option of a kind may be. */
function valuesOf(kind: YamlKind, depth: number): fc.Arbitrary<unknown> {
  switch (kind.is) {
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: kind.min, max: Math.min(kind.max, 2 ** 31 - 1) })
    case 'duration': {
      const ms = fc.oneof(
        fc.integer({ min: Math.max(kind.min, 1), max: kind.max }),
        fc.constantFrom(1000, 60_000, 3_600_000),
      )
      return fc.oneof(ms, ...(kind.min === 0 ? [fc.constant(0)] : []), ...(kind.none ? [fc.constant(-1)] : []))
    }
    case 'text': {
      const { pattern } = kind
      if (pattern === undefined) return text
      return fc.constantFrom(...samples.filter((word) => new RegExp(`^(?:${pattern})$`, 'u').test(word)))
    }
    case 'file':
      return fc.constantFrom('a', 'b/c', '../d', '/e', `\${x}`)
    case 'choice':
      return fc.constantFrom(...kind.of)
    case 'listen':
      return fc.constantFrom(
        { host: '0.0.0.0', port: 80 },
        { host: '::1', port: 0 },
        { host: 'localhost', port: 65_535 },
      )
    case 'bytes':
      return fc.uint8Array({ minLength: kind.length ?? 0, maxLength: kind.length ?? 5 })
    case 'pairs':
      return fc
        .uniqueArray(fc.tuple(text, kind.empty ? fc.option(text) : text), { maxLength: 3, selector: ([name]) => name })
        .map((pairs) => pairs.filter(([name]) => name !== '<<'))
    case 'either':
      return fc.oneof(valuesOf(kind.word, depth), valuesOf(kind.object, depth))
    case 'reference':
      return valuesOf(kind.to(), depth)
    case 'list':
      return fc.array(valuesOf(kind.of, depth + 1), {
        minLength: kind.min,
        maxLength: depth > 6 ? kind.min : Math.max(kind.min, 2),
      })
    case 'map':
      return fc.dictionary(
        text.filter((name) => name !== '<<' && name !== '__proto__'),
        valuesOf(kind.of, depth + 1),
        { maxKeys: 3, noNullPrototype: true },
      )
    case 'variants': {
      // Conditions may hold conditions; those that do not come first.
      const variants = Object.entries(kind.of).slice(0, depth > 6 ? 1 : undefined)
      return fc.oneof(...variants.map(([name, each]) => objectOf(each, depth + 1, { [kind.by]: name })))
    }
    case 'object':
      return objectOf(kind, depth + 1)
  }
}

function objectOf(
  { fields, one }: ObjectKind,
  depth: number,
  fixed: Readonly<Record<string, string>> = {},
): fc.Arbitrary<unknown> {
  const entries = Object.entries(fields).filter(([option]) => !(option in fixed))
  if (one)
    return fc.oneof(
      ...entries.map(([option, field]) => valuesOf(field.kind, depth).map((value) => ({ [option]: value }))),
    )
  const needed = ([, { required, preset }]: [string, Field]) => required === true || preset !== undefined
  const model = Object.fromEntries(entries.map(([option, field]) => [option, valuesOf(field.kind, depth)]))
  const requiredKeys = entries.filter(needed).map(([option]) => option)
  return fc.record(model, { requiredKeys, noNullPrototype: true }).map((record) => ({ ...record, ...fixed }))
}

const validate = new Ajv2020({ strict: false }).compile(clowderSchema())

function written(value: unknown): string {
  const document = new Document()
  const options = {
    comment: () => 'here',
    text: (word: string) => word.replaceAll(`\${`, () => `$\${`),
    file: (path: string) => path,
  }
  document.contents = new YamlWriter(document, options).write(fileKind, value) as never
  return document.toString({ lineWidth: 0 })
}

describe('writing and reading', () => {
  test('law: what is written is read as it was, and the schema accepts it', () => {
    fc.assert(
      fc.property(valuesOf(fileKind, 0), (value) => {
        const file = written(value)
        const complaints = new Complaints()
        const root = readYaml(sourceText('c.yaml', file), complaints)
        assert.ok(root !== undefined, `${complaints.list().map(formatComplaint).join('\n')}\n${file}`)
        const read = new YamlReader({}, complaints).read(fileKind, root, '')
        const errors = complaints.list().filter(({ severity }) => severity === 'error')
        assert.deepEqual(errors.map(formatComplaint), [], file)
        assert.deepEqual(read, value, file)
        const nothing = Object.keys(value as object).length === 0
        if (!nothing) assert.ok(validate(parse(file)), `${JSON.stringify(validate.errors?.slice(0, 3))}\n${file}`)
      }),
      { numRuns: 100, endOnFailure: true },
    )
  })

  test('times have the largest unit that leaves no rest', () => {
    const table: readonly (readonly [ms: number, text: string | number])[] = [
      [0, 0],
      [-1, 'none'],
      [1, '1ms'],
      [1500, '1500ms'],
      [90_000, '90s'],
      [600_000, '10m'],
      [7_200_000, '2h'],
      [86_400_000, '1d'],
    ]
    for (const [ms, said] of table) assert.equal(formatDuration(ms), said)
  })

  test('every key of every table is in the schema', () => {
    const schema = JSON.stringify(clowderSchema())
    const seen = new Set<YamlKind>()
    const walk = (kind: YamlKind): void => {
      if (seen.has(kind)) return
      seen.add(kind)
      if (kind.is === 'object') {
        for (const [option, field] of Object.entries(kind.fields)) {
          assert.ok(schema.includes(`"${keyOf(option, field)}":{"description":`), option)
          walk(field.kind)
        }
      } else if (kind.is === 'variants') Object.values(kind.of).forEach(walk)
      else if (kind.is === 'list' || kind.is === 'map') walk(kind.of)
    }
    walk(fileKind)
    assert.ok(seen.size > 50)
  })
})
