/** `<IfVersion>`: what a file asks of httpd's version, answered as the last of the 2.4 line would. */

/** Beyond the patches of any release: files ask whether theirs is at least so new. */
const ours = [2, 4, 999] as const

/** `[[!]operator] version`; without an operator `=`. A version without patch is that of its `.0` [live]. */
export function versionApplies(words: readonly string[]): boolean {
  const [, negation, operator = '=', version = ''] = /^(!?)(>=|<=|==|=|>|<|~)? ?(.*)$/s.exec(words.join(' ')) ?? []
  return holds(operator, version) !== (negation === '!')
}

function holds(operator: string, version: string): boolean {
  const pattern = operator === '~' ? version : /^\/(.*)\/$/s.exec(version)?.[1]
  if (pattern !== undefined) return matches(pattern)
  const asked = /^(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?$/.exec(version)
  if (asked === null) return false
  const difference = ours
    .map((part, index) => Math.sign(part - Number(asked[index + 1] ?? 0)))
    .find((sign) => sign !== 0)
  if (difference === undefined) return operator.includes('=')
  return operator.startsWith(difference > 0 ? '>' : '<')
}

function matches(pattern: string): boolean {
  // Short, since it is run.
  if (pattern.length > 100) return false
  try {
    return new RegExp(pattern).test(ours.join('.'))
  } catch {
    return false
  }
}
