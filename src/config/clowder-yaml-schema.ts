/** The tables of clowder.yaml as a JSON Schema (draft 2020-12), for editors: `scripts/reference.mjs` writes it, a test compares. */
import { fileKind } from './clowder-yaml.ts'
import { type Field, keyOf, type ObjectKind, type YamlKind } from './clowder-yaml-kinds.ts'
import { byte, durationPattern, maxBytes, variablePattern } from './clowder-yaml-read.ts'

export type Schema = { readonly [key: string]: unknown }

/** In `$defs`: `${NAME}` may stand where a number or a word is wanted. */
const variable: Schema = { $ref: '#/$defs/variable' }

export function clowderSchema(): Schema {
  const definitions = new Map<string, Schema>()
  const root = new SchemaWriter(definitions).kind(fileKind)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'clowder.yaml',
    description: 'A clowder balancer, its workers, or both. See docs/reference/clowder-yaml.md.',
    ...root,
    minProperties: 1,
    $defs: { variable: { type: 'string', pattern: variablePattern }, ...Object.fromEntries(definitions) },
  }
}

class SchemaWriter {
  readonly #definitions: Map<string, Schema>

  constructor(definitions: Map<string, Schema>) {
    this.#definitions = definitions
  }

  kind(kind: YamlKind): Schema {
    switch (kind.is) {
      case 'boolean':
        return { anyOf: [{ type: 'boolean' }, variable] }
      case 'integer':
        return { anyOf: [{ type: 'integer', minimum: kind.min, maximum: kind.max }, variable] }
      case 'duration': {
        const words = [{ type: 'string', pattern: `^${durationPattern}$` }, ...(kind.min === 0 ? [{ const: 0 }] : [])]
        return { anyOf: [...words, ...(kind.none ? [{ const: 'none' }] : []), variable] }
      }
      case 'text':
        if (kind.pattern === undefined) return kind.empty ? { type: 'string' } : { type: 'string', minLength: 1 }
        return { anyOf: [{ type: 'string', pattern: `^(?:${kind.pattern})$` }, variable] }
      case 'file':
        return { type: 'string', minLength: 1 }
      case 'choice':
        return { anyOf: [kind.of.length === 1 ? { const: kind.of[0] } : { enum: kind.of }, variable] }
      case 'listen':
        return { type: 'string', minLength: 1 }
      case 'bytes':
        return this.#bytes(kind.length, kind.text)
      case 'list':
        return {
          type: 'array',
          items: this.kind(kind.of),
          ...(kind.min > 0 ? { minItems: kind.min } : {}),
          maxItems: kind.max,
        }
      case 'map':
        return {
          type: 'object',
          propertyNames: { minLength: 1 },
          additionalProperties: this.kind(kind.of),
          maxProperties: kind.max,
        }
      case 'pairs':
        return {
          type: 'object',
          additionalProperties: { type: kind.empty ? ['string', 'null'] : 'string' },
          maxProperties: kind.max,
        }
      case 'either':
        return { oneOf: [this.kind(kind.word), this.kind(kind.object)] }
      case 'variants':
        return { oneOf: Object.entries(kind.of).map(([name, each]) => this.#object(each, [kind.by, name])) }
      case 'object':
        return this.#object(kind)
      case 'reference':
        if (!this.#definitions.has(kind.name)) {
          this.#definitions.set(kind.name, {})
          this.#definitions.set(kind.name, this.kind(kind.to()))
        }
        return { $ref: `#/$defs/${kind.name}` }
    }
  }

  #bytes(length: number | undefined, text: true | undefined): Schema {
    const bytes = {
      type: 'array',
      items: this.kind(byte),
      ...(length === undefined ? {} : { minItems: length }),
      maxItems: length ?? maxBytes,
    }
    return text ? { anyOf: [bytes, { type: 'string' }] } : bytes
  }

  /** The field that tells variants apart is the word itself: a variable there would leave open what else may stand. */
  #object({ fields, one }: ObjectKind, [by, name]: readonly [by?: string, name?: string] = []): Schema {
    const entries = Object.entries(fields)
    const required = entries.filter(([, field]) => field.required).map(([option, field]) => keyOf(option, field))
    return {
      type: 'object',
      properties: Object.fromEntries(
        entries.map(([option, field]) => {
          const schema = option === by ? { const: name } : this.kind(field.kind)
          return [keyOf(option, field), { description: description(field), ...schema }]
        }),
      ),
      additionalProperties: false,
      ...(required.length > 0 ? { required } : {}),
      ...(one ? { minProperties: 1, maxProperties: 1 } : {}),
    }
  }
}

function description({ says, default: preset, later }: Field): string {
  const byDefault = preset === undefined ? '' : ` Default: ${preset}.`
  return `${says}${byDefault}${later ? ' Has no effect yet.' : ''}`
}
