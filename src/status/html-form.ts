/**
 * The forms of `cmd=edit`: the settings of an lb, a member or a worker that stands alone, and one attribute of all members
 * (mod_jk.md 7.10). They submit what mod_jk's do, except that a flag is a choice of two and not a box, which would submit
 * nothing when it is taken off (10, quirk 17).
 */
import type { FormCommand } from './command.ts'
import type { Links } from './links.ts'
import { html, type Markup, type Part } from './markup.ts'
import { messages } from './messages.ts'
import {
  attributeParameters,
  backendParameters,
  lbParameters,
  memberParameters,
  type Parameter,
  type SettingValue,
} from './parameters.ts'

const FLAG_WORDS = ['False', 'True']

export function editForm(command: FormCommand, links: Links): Markup {
  const { target } = command
  switch (target.kind) {
    case 'none':
      return html`<p role="alert"><b>Result: ERROR - ${messages.noForm}</b></p>\n`
    case 'lb':
      return form(`Edit load balancer settings for ${target.lb.name}`, 'Update Balancer', command, links, [
        fields('Balancer settings', lbParameters, target.lb),
      ])
    case 'member':
      return form(`Edit worker settings for ${target.member.name}`, 'Update Worker', command, links, [
        fields('Balancing related settings', memberParameters, target.member),
        fields('AJP settings', backendParameters, target.member),
      ])
    case 'endpoint':
      return form(`Edit worker settings for ${target.endpoint.name}`, 'Update Worker', command, links, [
        fields('AJP settings', backendParameters, target.endpoint),
      ])
    case 'attribute': {
      const { lb, parameter } = target
      const title = `Edit attribute '${parameter.label}' for all members of load balancer ${lb.name}`
      const inputs = lb.members.map((member, index) =>
        field({ ...parameter, name: `val${index}`, label: member.name }, settingOf(member, parameter)),
      )
      return form(title, 'Update Balancer', command, links, [group(parameter.label, inputs)], parameter.name)
    }
  }
}

/** A choice of attribute, for all members of an lb at once. */
export function attributeChoice(lb: string, links: Links): Markup {
  return html`<form method="get" action="${links.path}">${links.hiddenFieldsOfChange('edit', lb)}
<label>Edit this attribute for all members: <select name="att">
${attributeParameters.map(({ name, label }) => html`<option value="${name}">${label}</option>\n`)}</select></label>
<button>Go</button></form>
`
}

function form(
  title: string,
  button: string,
  command: FormCommand,
  links: Links,
  groups: readonly Markup[],
  attribute?: string,
): Markup {
  const isFromShow = command.from === 'show'
  const hidden = links.hiddenFields({
    cmd: 'update',
    from: isFromShow ? 'show' : undefined,
    psw: isFromShow ? command.fromMember : undefined,
    sw: attribute === undefined ? command.member : undefined,
    att: attribute,
  })
  return html`<h3>${title}</h3>
<form class="edit" method="get" action="${links.path}">${hidden}
${groups}
<button>${button}</button></form>
`
}

function fields(legend: string, parameters: readonly Parameter[], values: object): Markup {
  return group(
    legend,
    parameters.map((parameter) => field(parameter, settingOf(values, parameter))),
  )
}

function group(legend: string, inputs: readonly Part[]): Markup {
  return html`<fieldset><legend>${legend}</legend>
${inputs}</fieldset>
`
}

function field(parameter: Parameter, value: SettingValue): Markup {
  const { name, label, kind } = parameter
  switch (kind.is) {
    case 'flag':
      return choice(name, label, FLAG_WORDS, Number(value))
    case 'word':
      return choice(name, label, kind.labels, kind.words.indexOf(String(value)))
    case 'number': {
      const written = Number(value) / kind.perUnit
      const smallest = Math.min(kind.least, written)
      return html`<label>${label}: <input name="${name}" type="number" min="${smallest}" value="${written}"/></label>\n`
    }
    default:
      return html`<label>${label}: <input name="${name}" type="text" value="${String(value)}" maxlength="60"/></label>\n`
  }
}

function choice(name: string, label: string, words: readonly string[], chosen: number): Markup {
  const inputs = words.map((word, index) => {
    const checked = index === chosen ? html` checked="checked"` : undefined
    return html`<label><input name="${name}" type="radio" value="${index}"${checked}/> ${word}</label>\n`
  })
  return html`<fieldset class="choice"><legend>${label}:</legend>
${inputs}</fieldset>
`
}

/** Snapshots have every setting under the name that the options have. */
function settingOf(values: object, { key }: Parameter): SettingValue {
  return (values as Readonly<Record<string, SettingValue>>)[key]!
}
