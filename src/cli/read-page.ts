/** Reads a page that a command shows: with a time limit, no redirects, and no more bytes than such a page can have. */
import { formatAddress, LOOPBACK, parsePort } from './address.ts'
import { CliError, type CliErrorCode } from './errors.ts'

const TIMEOUT_MS = 10_000

/**
 * Where a place that people name is: a URL, the same without `http://`, or a port of this machine; `page` where it names
 * no path. Complains of what is no URL of HTTP.
 */
export function pageUrl(place: string, page: string): URL {
  const text = placeText(place)
  if (!URL.canParse(text)) throw new CliError('CLI_USAGE', `${place} is not a URL`)
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) throw new CliError('CLI_USAGE', `${place} is not a URL of http or https`)
  if (url.pathname === '/') url.pathname = page
  return url
}

/** A number alone would be an IPv4 address to a URL: 8080 is 0.0.31.144. */
function placeText(place: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return place
  const [, digits, path = ''] = /^(\d+)([/?#].*)?$/.exec(place) ?? []
  if (digits === undefined) return `http://${place}`
  const port = parsePort(digits)
  if (port === undefined || port === 0) throw new CliError('CLI_USAGE', `${digits} is not a port`)
  return `http://${formatAddress({ host: LOOPBACK, port })}${path}`
}

/** Fails with `code` when there is no whole answer, or one that is no success. */
export async function readPage(url: URL, maxBytes: number, code: CliErrorCode): Promise<string> {
  const where = `${url.origin}${url.pathname}`
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
  } catch (error) {
    throw new CliError(code, `cannot read ${where}: ${reasonOf(error)}`, error)
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw new CliError(code, `${where} answers ${response.status} ${response.statusText}`.trimEnd())
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new CliError(code, `${where} has more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(code, `cannot read ${where}: ${reasonOf(error)}`, error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `fetch` says `fetch failed` and keeps the reason below; a refusal by several addresses has an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  let at = error
  while (at instanceof Error && at.cause instanceof Error) at = at.cause
  if (!(at instanceof Error)) return String(at)
  return at.message || String((at as NodeJS.ErrnoException).code ?? at.name)
}
