/**
 * A reporter that says nothing until the end, and then what failed: file, names from the outside in, and the error. Beside
 * a long report it is the part worth keeping.
 */
import { relative } from 'node:path'
import { HERE } from './here.mjs'

/** Lines of an error; a comparison of two long texts has thousands. */
const MAX_LINES = 40

export default async function* failures(events) {
  const found = []
  for await (const { type, data } of events) {
    if (type !== 'test:fail' || data.todo !== undefined) continue
    const error = data.details.error
    // A suite fails because of what is in it, which has been told.
    if (error.failureType === 'subtestsFailed') continue
    found.push(`${placeOf(data)}: ${data.name}\n${indented(error)}`)
  }
  if (found.length > 0) yield `\n# failed: ${found.length}\n\n${found.join('\n\n')}\n`
}

function placeOf({ file, line }) {
  return file === undefined ? '?' : `${relative(HERE, file)}:${line}`
}

function indented(error) {
  const text = String(error.cause?.stack ?? error.cause ?? error.message)
  const lines = text.split('\n')
  const shown = lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), '…'] : lines
  return shown.map((line) => `    ${line}`).join('\n')
}
