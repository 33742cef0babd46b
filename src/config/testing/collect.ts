/** Short forms for tests of single parsers. */
import { Complaints, formatComplaint } from '../complaint.ts'
import type { Position } from '../position.ts'

export const here: Position = { file: 'f', line: 1, column: 1 }

/** What `read` returns and complains of, without the file name. */
export function collect<Value>(read: (complaints: Complaints) => Value): { value: Value; complaints: string[] } {
  const complaints = new Complaints()
  const value = read(complaints)
  return { value, complaints: complaints.list().map((complaint) => formatComplaint(complaint).replace(/^f:/, '')) }
}

/** The codes alone. */
export function codes(complaints: readonly string[]): string[] {
  return complaints.map((line) => line.split(' ')[2]!)
}
