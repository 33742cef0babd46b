/** What a check of options finds: problems, which prevent a start, and warnings, which do not. */

/** More problems than this help nobody; the rest is counted. */
export const MAX_PROBLEMS = 100
/** Longest time a timer takes; a longer one would fire at once (Node.js, `setTimeout`). */
export const MAX_MS = 2_147_483_647
export const MAX_COUNT = 2_147_483_647

export class Findings {
  readonly #problems: string[] = []
  readonly #warnings: string[] = []

  get problems(): readonly string[] {
    const more = this.#problems.length - MAX_PROBLEMS
    return more > 0 ? [...this.#problems.slice(0, MAX_PROBLEMS), `and ${more} more`] : this.#problems
  }

  get warnings(): readonly string[] {
    return this.#warnings
  }

  problem(at: string, what: string): void {
    this.#problems.push(`${at}: ${what}`)
  }

  warn(at: string, what: string): void {
    this.#warnings.push(`${at}: ${what}`)
  }

  /** A whole number from `least` to `most`; returned either way, so that checking can go on. */
  whole(at: string, value: number, least: number, most: number): number {
    if (!Number.isInteger(value)) this.problem(at, `${String(value)} is not a whole number`)
    else if (value < least || value > most) this.problem(at, `${value} is not within ${least} … ${most}`)
    return value
  }

  oneOf(at: string, value: string, known: readonly string[]): void {
    if (!known.includes(value)) this.problem(at, `${String(value)} is none of ${known.join(', ')}`)
  }
}
