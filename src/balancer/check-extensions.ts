/** Whether what a mount rule changes for its requests makes sense, and fits its worker (mod_jk.md 3.4). */
import { type Findings, MAX_COUNT, MAX_MS } from './findings.ts'
import type { MountRule } from './options.ts'
import type { ResolvedWorker } from './resolved-options.ts'
import { isCookieName, isCookiePath } from './set-cookie.ts'

const LISTS = ['active', 'disabled', 'stopped'] as const

export function checkExtensions(
  at: string,
  { worker, extensions = {} }: MountRule,
  workers: Readonly<Record<string, ResolvedWorker>>,
  findings: Findings,
): void {
  const { replyTimeoutMs = 0, useServerErrors = 0, failOnStatus = [], sessionCookie, sessionCookiePath } = extensions
  findings.whole(`${at} replyTimeoutMs`, replyTimeoutMs, 0, MAX_MS)
  findings.whole(`${at} useServerErrors`, useServerErrors, 0, MAX_COUNT)
  for (const status of failOnStatus) findings.whole(`${at} failOnStatus`, Math.abs(status), 100, 999)
  if (sessionCookie !== undefined && !isCookieName(sessionCookie))
    findings.problem(`${at} sessionCookie`, `${sessionCookie} is no name of a cookie`)
  if (extensions.sessionPath === '') findings.problem(`${at} sessionPath`, 'is empty')
  if (sessionCookiePath !== undefined && !isCookiePath(sessionCookiePath))
    findings.problem(`${at} sessionCookiePath`, `${sessionCookiePath} cannot be the path of a cookie`)
  const target = workers[worker]
  const members = target?.type === 'lb' ? target.balanceWorkers : undefined
  for (const list of LISTS) {
    const named = extensions[list] ?? []
    if (named.length > 0 && target !== undefined && members === undefined)
      findings.warn(`${at} ${list}`, `has no effect: ${worker} has no members`)
    for (const member of members === undefined ? [] : named) {
      if (!members!.includes(member)) findings.warn(`${at} ${list}`, `${worker} has no member ${member}`)
    }
  }
}
