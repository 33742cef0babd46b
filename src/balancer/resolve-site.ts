/** Fills in and checks what a virtual host has besides mounts and access rules: addresses, environment, files and logs. */

import { isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { checkLocation } from './check-location.ts'
import { type Findings, MAX_MS } from './findings.ts'
import { readRegExp } from './location-match.ts'
import { compileLogFormat } from './log-format.ts'
import type { LogOptions, SiteOptions } from './site-options.ts'
import type { TellingOptions } from './telling-options.ts'

/** Containers take 256, some of which are always sent. */
const MAX_ATTRIBUTES = 200
const UNSENDABLE = /[\0\r\n]/

export function resolveSite(at: string, host: SiteOptions, findings: Findings): SiteOptions {
  const { addresses, env, forced, telling, rejectUnsafePaths, files, logs, mountFile } = host
  for (const address of addresses ?? []) checkAddress(`${at}.addresses`, address, findings)
  for (const { where, when } of env ?? []) {
    if (where !== undefined) checkLocation(`${at}.env ${where.location}`, where, findings)
    if (when !== undefined) checkPattern(`${at}.env`, when.matches, findings)
    if (typeof when?.of === 'object' && 'field' in when.of) checkPattern(`${at}.env`, when.of.field, findings)
  }
  for (const where of forced ?? []) checkLocation(`${at}.forced ${where.location}`, where, findings)
  for (const folder of [files?.root, files?.applications, ...(files?.aliases ?? []).map(({ target }) => target)]) {
    if (folder !== undefined && !isAbsolute(folder)) findings.problem(`${at}.files`, `${folder} is not absolute`)
  }
  for (const { path } of files?.aliases ?? [])
    if (!path.startsWith('/')) findings.problem(`${at}.files`, `the alias ${path} does not begin with /`)
  if (files?.stripSession === '') findings.problem(`${at}.files.stripSession`, 'is empty')
  if (telling !== undefined) checkTelling(`${at}.telling`, telling, findings)
  const usableLogs = logs?.filter((log) => checkLog(`${at}.logs`, log, findings))
  if (mountFile !== undefined) findings.whole(`${at}.mountFile.reloadMs`, mountFile.reloadMs, 0, MAX_MS)
  return structuredClone({
    ...(addresses === undefined ? {} : { addresses: addresses.map(spelled) }),
    ...(env === undefined ? {} : { env }),
    ...(forced === undefined ? {} : { forced }),
    ...(telling === undefined ? {} : { telling }),
    ...(rejectUnsafePaths === undefined ? {} : { rejectUnsafePaths }),
    ...(files === undefined ? {} : { files }),
    ...(usableLogs === undefined ? {} : { logs: usableLogs }),
    ...(mountFile === undefined ? {} : { mountFile }),
  })
}

function checkTelling(
  at: string,
  { attributes = [], clientAddress = 'client' }: TellingOptions,
  findings: Findings,
): void {
  findings.oneOf(`${at}.clientAddress`, clientAddress, ['client', 'local'])
  if (attributes.length > MAX_ATTRIBUTES)
    findings.problem(`${at}.attributes`, `${attributes.length} of them, ${MAX_ATTRIBUTES} are allowed`)
  for (const [name, otherwise] of attributes) {
    if (name === '' || UNSENDABLE.test(name)) findings.problem(`${at}.attributes`, `${name} is no name of an attribute`)
    if (otherwise !== null && UNSENDABLE.test(otherwise))
      findings.problem(`${at}.attributes ${name}`, 'holds a character that AJP cannot send')
  }
}

/** False: left out. mod_jk starts without its request log when it cannot read the format; httpd does not start. */
function checkLog(at: string, { file, format, of = 'httpd' }: LogOptions, findings: Findings): boolean {
  findings.oneOf(`${at} of`, of, ['httpd', 'jk'])
  if (!isAbsolute(file)) findings.problem(at, `${file} is not absolute`)
  try {
    compileLogFormat(format, of)
    return true
  } catch (error) {
    const { message } = error as Error
    if (of === 'jk') findings.warn(`${at} ${file}`, `${message}; there is no request log`)
    else findings.problem(`${at} ${file}`, message)
    return false
  }
}

/** `ADDRESS:PORT`, each of which may be `*`. */
function checkAddress(at: string, text: string, findings: Findings): void {
  const [, six, four = '', port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\*|\d{1,5})$/.exec(text) ?? []
  const isHost = six === undefined ? four === '*' || isIP(four) === 4 : isIP(six) === 6
  if (!isHost || (port !== '*' && Number(port) > 0xffff)) findings.problem(at, `${text} is no ADDRESS:PORT`)
}

/** As the system writes it, so that texts can be compared. */
function spelled(text: string): string {
  const six = /^\[([^\]]+)\]/.exec(text)?.[1]
  return six === undefined ? text : new URL(`http://[${six}]`).hostname + text.slice(six.length + 2)
}

function checkPattern(at: string, pattern: string, findings: Findings): void {
  try {
    readRegExp(pattern)
  } catch (error) {
    findings.problem(at, `is no regular expression: ${(error as Error).message}`)
  }
}
