/** Whether the access rules of a virtual host can be kept. What cannot is refused: to leave it out would open a door. */
import type { AccessRule, Condition } from './access-options.ts'
import { checkLocation } from './check-location.ts'
import type { Findings } from './findings.ts'
import { isPasswordHash } from './htpasswd.ts'
import { badNetworks } from './networks.ts'

/** Conditions within conditions. */
const MAX_DEPTH = 64

export function checkAccess(at: string, rule: AccessRule, findings: Findings): void {
  const where = `${at} ${rule.location}`
  findings.oneOf(`${where} of`, rule.of ?? 'path', ['path', 'folder', 'name'])
  checkLocation(where, rule, findings, rule.of !== 'name')
  if (rule.order !== undefined) findings.oneOf(`${where} order`, rule.order, ['deny,allow', 'allow,deny'])
  else if (rule.allow !== undefined || rule.deny !== undefined || rule.limits !== undefined)
    findings.problem(where, 'has allow, deny or limits without order')
  for (const [index, limit] of (rule.limits ?? []).entries()) {
    const which = `${where} limits[${index}]`
    if (limit.methods.length === 0) findings.problem(which, 'names no method')
    if (limit.order !== undefined) findings.oneOf(`${which} order`, limit.order, ['deny,allow', 'allow,deny'])
    checkNetworks(`${which} allow`, limit.allow ?? [], findings)
    checkNetworks(`${which} deny`, limit.deny ?? [], findings)
  }
  checkNetworks(`${where} allow`, rule.allow ?? [], findings)
  checkNetworks(`${where} deny`, rule.deny ?? [], findings)
  if (rule.satisfy !== undefined) findings.oneOf(`${where} satisfy`, rule.satisfy, ['all', 'any'])
  if (rule.require !== undefined) checkCondition(`${where} require`, rule.require, 0, findings)
  if (/[\x00-\x1f\x7f]|[^\x00-\xff]/.test(rule.auth?.realm ?? ''))
    findings.problem(`${where} auth.realm`, 'holds characters that have no place in a field')
  for (const [name, hash] of rule.auth?.users ?? []) {
    if (!isPasswordHash(hash))
      findings.warn(`${where} auth`, `the password of ${name} is of no kind that can be checked`)
  }
}

function checkNetworks(at: string, list: readonly string[], findings: Findings): void {
  for (const entry of badNetworks(list)) findings.problem(at, `${entry} is no address and no network`)
}

function checkCondition(at: string, condition: Condition, depth: number, findings: Findings): void {
  if (depth > MAX_DEPTH) {
    findings.problem(at, `is nested deeper than ${MAX_DEPTH}`)
    return
  }
  if (condition.is === 'ip') checkNetworks(at, condition.networks, findings)
  else if (condition.is === 'not') checkCondition(at, condition.of, depth + 1, findings)
  else if (condition.is === 'any' || condition.is === 'every')
    for (const part of condition.of) checkCondition(at, part, depth + 1, findings)
}
