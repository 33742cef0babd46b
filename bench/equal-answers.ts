/**
 * Shows, before anything is measured, that the contestants do the same work: same answers, the right member for a
 * session, the same facts for the backend. Whoever does less would win for nothing.
 */
import { BenchError } from './errors.ts'
import type { Front } from './fronts.ts'
import { fieldsOf, type HeadKind, headsOf, requestHead } from './load/heads.ts'
import { type Answer, ask, parseFields } from './probe.ts'

/** Enough for any policy to have used both members, and to make a sticky answer by luck unlikely (1 in 256). */
const REPEATS = 8

/** What a path must answer. */
export interface Expected {
  readonly path: string
  readonly status: number
  readonly contentType: string
  /** Length and begin are told in the message, not the whole of a large body. */
  readonly body: string
}

export async function assertEqualAnswers(
  front: Pick<Front, 'key' | 'duty'>,
  port: number,
  routes: readonly string[],
  expected: Expected,
): Promise<void> {
  const fail = (what: string): never => {
    throw new BenchError('BENCH_UNEQUAL', `${front.key}: ${what}`)
  }
  for (const kind of ['minimal', 'browser', 'varied'] as const) {
    const wrong = difference(await ask(port, headsOf(expected.path, kind, routes[0]!).at(-1)!), expected)
    if (wrong !== undefined) fail(`${expected.path} with ${kind} head: ${wrong}`)
  }
  if (front.duty === 'none') return

  for (const route of routes)
    for (let turn = 0; turn < REPEATS; turn++) {
      const { body } = await ask(port, headFor('/member', 'browser', route))
      if (body.trim() !== route) fail(`a session of ${route} went to ${JSON.stringify(body)}`)
    }

  const seen = new Set<string>()
  for (let turn = 0; turn < REPEATS; turn++) seen.add((await ask(port, headFor('/member', 'minimal', ''))).body.trim())
  if (seen.size !== routes.length)
    fail(`without a session only ${[...seen].join(', ')} of ${routes.join(', ')} answered`)

  const echo = await ask(port, headFor('/echo', 'browser', routes[0]!))
  const missing = missingFields(echo.body, wantedFields(front.duty, routes[0]!))
  if (missing.length > 0) fail(`the backend did not get ${missing.join('; ')}, but:\n${echo.body}`)
}

export function headFor(path: string, kind: HeadKind, route: string): string {
  return requestHead(path, fieldsOf(kind, route))
}

/** The first difference in what a client can rely on; Date, Server and the like are free. */
export function difference(answer: Answer, expected: Expected): string | undefined {
  if (answer.status !== expected.status) return `status ${answer.status}, not ${expected.status}`
  const contentType = answer.headers.get('content-type')?.split(';')[0]?.toLowerCase()
  if (contentType !== expected.contentType) return `content-type ${contentType}, not ${expected.contentType}`
  if (answer.body !== expected.body)
    return `a body of ${answer.body.length} characters that begins ${JSON.stringify(answer.body.slice(0, 40))}`
  return undefined
}

export function wantedFields(duty: 'sticky' | 'ajp', route: string): [name: string, value: string][] {
  const own = fieldsOf('browser', route).map(([name, value]): [string, string] => [name.toLowerCase(), value])
  if (duty === 'ajp') return [...own, ['remote-address', '127.0.0.1']]
  const host = own.find(([name]) => name === 'host')![1]
  return [...own, ['x-forwarded-for', '127.0.0.1'], ['x-forwarded-proto', 'http'], ['x-forwarded-host', host]]
}

/** Which of the fields the echoed head lacks. */
export function missingFields(echoed: string, wanted: readonly (readonly [string, string])[]): string[] {
  const seen = parseFields(`\r\n${echoed}`)
  return wanted.filter(([name, value]) => seen.get(name) !== value).map(([name, value]) => `${name}: ${value}`)
}
