/** Where something stands in a file, for people: lines and columns count from 1, columns in UTF-16 units. */

export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What is to be said of a file as a whole stands there. */
export function startOf(file: string): Position {
  return { file, line: 1, column: 1 }
}

/** Answers "which line and column is offset n" for one text. Built once per file, then a binary search per question. */
export class LineMap {
  readonly #file: string
  readonly #starts: number[]

  constructor(file: string, text: string) {
    this.#file = file
    this.#starts = [0]
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) this.#starts.push(end + 1)
  }

  at(offset: number): Position {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.#file, line: low + 1, column: offset - this.#starts[low]! + 1 }
  }
}

/** The same position some characters further on. */
export function shifted(position: Position, columns: number): Position {
  return columns === 0 ? position : { ...position, column: position.column + columns }
}
