/**
 * The language in which the tables of clowder.yaml are written: what a value can be, and what an object holds. Reader,
 * writer, JSON Schema and reference page all go by the same tables, so they cannot disagree. A table `satisfies` the fields
 * of an options type: an option that is added to the type and not to the table does not compile.
 */

export type YamlKind =
  | { readonly is: 'boolean' }
  | { readonly is: 'integer'; readonly min: number; readonly max: number }
  | DurationKind
  | TextKind
  | ChoiceKind
  | BytesKind
  /** A path; relative ones are relative to the file. */
  | { readonly is: 'file' }
  | PairsKind
  | EitherKind
  | ReferenceKind
  /** `HOST:PORT`; the option is `{ host, port }`. */
  | { readonly is: 'listen' }
  | ListKind
  | MapKind
  | ObjectKind
  | VariantsKind

/** `500ms`, `30s`, `5m`, `2h`, `1d` or 0; the option is in milliseconds. */
export interface DurationKind {
  readonly is: 'duration'
  /** In milliseconds. */
  readonly min: number
  readonly max: number
  /** `none` may be written; the option is then -1. */
  readonly none?: true
}

export interface TextKind {
  readonly is: 'text'
  /** Regular expression for the whole text, with the flag u; default: not empty, but for `empty`. */
  readonly pattern?: string
  readonly empty?: true
  /** What it has to be, for complaints. */
  readonly what?: string
}

/** A list of bytes, -128 to 255, as Tomcat writes them; or with `text` also Latin-1. The option is a Uint8Array. */
export interface BytesKind {
  readonly is: 'bytes'
  readonly length?: number
  readonly text?: true
}

/** Names with texts; the option is a list of pairs. With `empty` also with nothing, which is null. */
export interface PairsKind {
  readonly is: 'pairs'
  readonly max: number
  readonly empty?: true
}

/** A word, or an object. */
export interface EitherKind {
  readonly is: 'either'
  readonly word: ChoiceKind
  readonly object: ObjectKind
}

/** A kind that holds itself. */
export interface ReferenceKind {
  readonly is: 'reference'
  /** In the schema. */
  readonly name: string
  readonly to: () => YamlKind
}

export interface ChoiceKind {
  readonly is: 'choice'
  readonly of: readonly string[]
}

export interface ListKind {
  readonly is: 'list'
  readonly of: YamlKind
  readonly min: number
  readonly max: number
}

/** Names of people's choice with values of one kind. */
export interface MapKind {
  readonly is: 'map'
  readonly of: YamlKind
  readonly max: number
}

export interface ObjectKind {
  readonly is: 'object'
  readonly fields: Fields
  /** Exactly one of them. */
  readonly one?: true
  /** Written on one line. */
  readonly short?: true
}

/** Objects told apart by one of their fields. */
export interface VariantsKind {
  readonly is: 'variants'
  readonly by: string
  readonly of: Readonly<Record<string, ObjectKind>>
}

export interface Field<Kind extends YamlKind = YamlKind> {
  readonly kind: Kind
  /** What it does. */
  readonly says: string
  /** For people; none where it is required. */
  readonly default?: string
  readonly required?: true
  /** What the option gets where nothing is written. Most defaults belong to the rooms that act on them. */
  readonly preset?: unknown
  /** Accepted with a warning: clowder does not act on it yet. */
  readonly later?: true
  /** Never shown by `cmd=dump`. */
  readonly secret?: true
}

/** By the name of the option. */
export type Fields = Readonly<Record<string, Field>>

/** A field for every option of a type; options in milliseconds are durations. */
export type FieldsOf<Options> = {
  readonly [Name in keyof Required<Options>]: Name extends `${string}Ms` ? Field<DurationKind> : Field
}

/** The key in the file: a duration has its unit in the value, so the name has none. */
export function keyOf(option: string, { kind }: Field): string {
  return kind.is === 'duration' ? option.replace(/Ms$/, '') : option
}

/** setTimeout's longest delay. */
const maxMs = 2 ** 31 - 1
export const maxCount = 2 ** 31 - 1

export const yes: YamlKind = { is: 'boolean' }
export const anyText: TextKind = { is: 'text' }
export const anyTextOrEmpty: TextKind = { is: 'text', empty: true }
export const duration: DurationKind = { is: 'duration', min: 0, max: maxMs }
export const someDuration: DurationKind = { is: 'duration', min: 1, max: maxMs }
export const durationOrNone: DurationKind = { is: 'duration', min: 0, max: maxMs, none: true }
export const port: YamlKind = { is: 'integer', min: 0, max: 65_535 }
/** A name or an address; what is one exactly is checked where it is used. */
export const host: TextKind = { is: 'text', pattern: '[\\w.:%-]+', what: 'a host name or an address' }
export const path: TextKind = { is: 'text', pattern: '/.*', what: 'a path that begins with /' }

export function integer(min: number, max = maxCount): YamlKind {
  return { is: 'integer', min, max }
}

export function choice(...of: readonly string[]): ChoiceKind {
  return { is: 'choice', of }
}

export function list(of: YamlKind, max: number, min = 0): ListKind {
  return { is: 'list', of, min, max }
}

export function map(of: YamlKind, max: number): MapKind {
  return { is: 'map', of, max }
}

export function object(fields: Fields): ObjectKind {
  return { is: 'object', fields }
}

/** An object that is written on one line. */
export function short(fields: Fields): ObjectKind {
  return { is: 'object', fields, short: true }
}

/** One of `VariantsKind` out of the table of all: the field that tells them apart is `name`, others are for others. */
export function variant(all: Fields, by: string, name: string, without: readonly string[] = []): ObjectKind {
  const fields = Object.entries(all).filter(([option]) => !without.includes(option))
  return object({ ...Object.fromEntries(fields), [by]: required(choice(name), all[by]!.says) })
}

/** A field with its default, in words. */
export function field<Kind extends YamlKind>(
  kind: Kind,
  byDefault: string,
  says: string,
  rest: Pick<Field, 'preset' | 'later' | 'secret'> = {},
): Field<Kind> {
  return { kind, default: byDefault, says, ...rest }
}

export function required<Kind extends YamlKind>(
  kind: Kind,
  says: string,
  rest: Pick<Field, 'secret'> = {},
): Field<Kind> {
  return { kind, says, required: true, ...rest }
}
