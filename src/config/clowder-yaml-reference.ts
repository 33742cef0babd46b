/** The tables of clowder.yaml as the parts of a reference page: each key with value, default and meaning. */
import { fileKind } from './clowder-yaml.ts'
import { type Field, keyOf, type ObjectKind, type YamlKind } from './clowder-yaml-kinds.ts'
import { schemaPath } from './convert.ts'

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string

/** Parts with a table of their own, in order, under the path at which they stand first. */
interface Section {
  readonly title: string
  readonly rows: (readonly string[])[]
}

export function yamlParts(table: Table): string[] {
  const sections: Section[] = []
  collect('', fileKind, sections, new Set())
  const head = ['key', 'value', 'default', 'meaning', 'option']
  return [
    ...introduction,
    ...sections.flatMap(({ title, rows }) => [`## ${title === '' ? 'The file' : `\`${title}\``}`, table(head, rows)]),
  ]
}

const introduction = [
  `One file for a balancer, for workers, or for both: everything that the TypeScript API can be told, and all that old files say.
\`clowder balancer FILE.yaml\`, \`clowder worker FILE.yaml\` and \`clowder check FILE.yaml\` read it, \`clowder convert FILE…\` makes
it of jk.conf, workers.properties, uriworkermap.properties and server.xml. \`examples/yaml\` has one that runs.`,
  `Keys are the names of the TypeScript options. Times have their unit in the value instead of the name: \`socketTimeoutMs: 30_000\`
is \`socketTimeout: 30s\`. Units are \`ms\`, \`s\`, \`m\`, \`h\` and \`d\`, with a whole number before them; a plain number is refused,
but for 0; where it says so, \`none\` is no limit at all. Paths are relative to the file.`,
  `The file is YAML 1.2: \`yes\` and \`on\` are texts, and are refused where true or false is wanted. Texts that look like something
else (\`secret: "0123"\`) need quotes. \`\${NAME}\` and \`\${NAME:-default}\` in a value come from the environment; \`$\${\` is a plain
\`\${\`. Anchors and aliases may be used, and \`<<: *name\` takes over what a map does not have itself, as \`reference\` does in
workers.properties. Tags and a second document are refused. Everything that is wrong is told at once, with line and path; an
unknown key is an error.`,
  `Editors that know JSON Schema complete and check the file. The schema is part of the package, as \`clowder/schema.json\`; with
the YAML language server (VS Code, Neovim, Helix, …) this first line is all it takes:`,
  `\`\`\`yaml\n# yaml-language-server: $schema=${schemaPath}\n\`\`\``,
]

function collect(path: string, kind: YamlKind, sections: Section[], seen: Set<YamlKind>): void {
  if (seen.has(kind)) return
  seen.add(kind)
  switch (kind.is) {
    case 'object':
      addObject(path, kind, '', sections, seen)
      return
    case 'variants':
      addVariants(path, kind, sections, seen)
      return
    case 'map':
      collect(`${path}.NAME`, kind.of, sections, seen)
      return
    case 'list':
      collect(`${path}[]`, kind.of, sections, seen)
      return
    case 'either':
      collect(path, kind.object, sections, seen)
      return
    case 'reference':
      collect(path, kind.to(), sections, seen)
  }
}

function addObject(path: string, kind: ObjectKind, label: string, sections: Section[], seen: Set<YamlKind>): void {
  const title = label === '' ? path : `${path} ${label}`
  sections.push({ title, rows: Object.entries(kind.fields).map(([option, field]) => row(option, field)) })
  for (const [option, field] of Object.entries(kind.fields)) {
    const key = keyOf(option, field)
    collect(path === '' ? key : `${path}.${key}`, field.kind, sections, seen)
  }
}

/** Variants with the same keys share a section. */
function addVariants(
  path: string,
  { by, of }: Extract<YamlKind, { is: 'variants' }>,
  sections: Section[],
  seen: Set<YamlKind>,
): void {
  const groups = new Map<string, string[]>()
  for (const [name, { fields }] of Object.entries(of)) {
    const same = Object.entries(fields).map(([option, { kind }]) => `${option} ${kind.is}`)
    groups.set(same.join(), [...(groups.get(same.join()) ?? []), name])
  }
  for (const names of groups.values()) {
    const { fields } = of[names[0]!]!
    const all: ObjectKind = {
      is: 'object',
      fields: { ...fields, [by]: { ...fields[by]!, kind: { is: 'choice', of: names } } },
    }
    addObject(path, all, `with ${by}: ${names.join(', ')}`, sections, seen)
  }
}

function row(option: string, field: Field): string[] {
  const { required, default: preset, says, later } = field
  const meaning = later ? `${says} Has no effect yet: a warning.` : says
  return [
    `\`${keyOf(option, field)}\``,
    valueText(field.kind),
    required ? 'required' : (preset ?? ''),
    meaning,
    `\`${option}\``,
  ]
}

function valueText(kind: YamlKind): string {
  switch (kind.is) {
    case 'boolean':
      return 'true, false'
    case 'integer':
      return kind.max >= 2 ** 31 - 1 ? `number ≥ ${kind.min}` : `${kind.min} to ${kind.max}`
    case 'duration':
      return `time${kind.min === 0 ? '' : ' above 0'}${kind.none ? ', none' : ''}`
    case 'text':
      return kind.what ?? 'text'
    case 'choice':
      return kind.of.map((word) => `\`${word}\``).join(', ')
    case 'listen':
      return '`HOST:PORT`'
    case 'file':
      return 'path'
    case 'bytes':
      return `${kind.text ? 'text, or ' : ''}list of ${kind.length === undefined ? 'bytes' : `${kind.length} bytes`}`
    case 'list':
      return `list of: ${valueText(kind.of)}`
    case 'map':
      return `names with: ${valueText(kind.of)}`
    case 'pairs':
      return 'names with texts'
    case 'either':
      return `${valueText(kind.word)}, or map`
    case 'reference':
      return kind.name
    case 'object':
    case 'variants':
      return 'map'
  }
}
