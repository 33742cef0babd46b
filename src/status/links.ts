/**
 * Links of a status page to itself: what is looked at, what is hidden and how often it reloads travels in the query
 * (mod_jk.md 7.1), so that a page can be bookmarked.
 */
import type { StatusCommand } from './command.ts'
import { html, type Markup } from './markup.ts'
import { mask } from './query.ts'

/** In the order in which mod_jk writes them. */
const ORDER = ['cmd', 'from', 'w', 'sw', 'psw', 'att', 're', 'mime', 'opt'] as const

type Changes = { readonly [Name in (typeof ORDER)[number]]?: string | number | undefined }

export class Links {
  readonly path: string
  readonly #current: Changes
  readonly #options: number

  constructor(path: string, command: StatusCommand) {
    this.path = mask(path)
    this.#options = command.options
    this.#current = {
      cmd: command.name,
      w: command.worker,
      sw: command.member,
      re: command.refreshSeconds || undefined,
      mime: 'html',
      opt: command.options || undefined,
    }
  }

  /** Another view; how it is shown stays. */
  to(view: { readonly cmd: string; readonly w?: string | undefined; readonly sw?: string | undefined }): string {
    return this.#write({ ...this.#current, w: undefined, sw: undefined, ...view })
  }

  /** This view with something changed; undefined takes a parameter away. */
  same(changes: Changes): string {
    return this.#write({ ...this.#current, ...changes })
  }

  /** A change of a worker or a member, and then back to this view. */
  change(cmd: 'edit' | 'reset' | 'recover', w: string, sw?: string): string {
    return this.#write({ ...this.#current, ...this.#origin(), cmd, w, sw })
  }

  /** The parameters of this view for a form that adds others. */
  hiddenFields(changes: Changes): Markup[] {
    return pairs({ ...this.#current, ...changes }).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}"/>`,
    )
  }

  /** As {@link change}, for a form. */
  hiddenFieldsOfChange(cmd: 'edit', w: string): Markup[] {
    return this.hiddenFields({ ...this.#origin(), cmd, w, sw: undefined })
  }

  hide(what: string, bit: number): Markup {
    return html`<small><a href="${this.same({ opt: this.#options | bit })}" aria-label="Hide ${what}">[Hide]</a></small>`
  }

  show(what: string, bit: number): Markup {
    return html`<a href="${this.same({ opt: this.#options & ~bit || undefined })}">Show ${what}</a>`
  }

  #origin(): Changes {
    return { from: this.#current.cmd === 'show' ? 'show' : 'list', psw: this.#current.sw }
  }

  #write(parameters: Changes): string {
    return `${this.path}?${pairs(parameters)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')}`
  }
}

function pairs(parameters: Changes): [string, string][] {
  return ORDER.flatMap((name) => {
    const value = parameters[name]
    return value === undefined ? [] : [[name, String(value)]]
  })
}
