/**
 * The one line that a process prints when it serves, and that supervisors, scripts and tests wait for:
 *
 *   ready ROLE NAME key=value…
 *
 * e.g. ready worker worker1 ajp=127.0.0.1:8081 http=127.0.0.1:8091 channel=127.0.0.1:4000 pid=1234
 *
 * Several addresses of one kind are joined by commas. Keys may be added, never renamed.
 */

export interface ReadyLine {
  readonly role: 'balancer' | 'worker'
  readonly name: string
  /** In the order in which they are printed. */
  readonly facts: Readonly<Record<string, string>>
}

export function formatReadyLine(line: ReadyLine): string {
  const facts = Object.entries(line.facts).map(([key, value]) => ` ${key}=${value}`)
  return `ready ${line.role} ${line.name}${facts.join('')}`
}

/** What a line says if it is a ready line, else undefined. Unknown keys are kept. */
export function parseReadyLine(text: string): ReadyLine | undefined {
  const [word, role, name, ...pairs] = text.trimEnd().split(' ')
  if (word !== 'ready' || (role !== 'balancer' && role !== 'worker') || !name) return undefined
  const facts: Record<string, string> = {}
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals <= 0) return undefined
    facts[pair.slice(0, equals)] = pair.slice(equals + 1)
  }
  return { role, name, facts }
}
