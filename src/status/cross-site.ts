/**
 * Whether a page of another site makes a browser ask (CSRF). Changes by GET are mod_jk's contract with scripts, and an image
 * in any page could use it with the rights of whoever looks at that page. Browsers say where a request comes from; scripts
 * say nothing, and are let through: who may ask is decided by address and user. Sources: W3C Fetch Metadata, 2.1 and 2.4;
 * RFC 6454, 7; RFC 9110, 10.1.3.
 */

export interface Headers {
  readonly host: string
  /** A field by its lower-case name. */
  field(name: string): string | undefined
}

export function isCrossSite({ host, field }: Headers): boolean {
  // Asked for before anybody has clicked.
  if (/prefetch|prerender/i.test(`${field('sec-purpose') ?? ''} ${field('purpose') ?? ''}`)) return true
  const site = field('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  // Browsers send Sec-Fetch-Site only where the connection is trustworthy, which a status page on plain HTTP is not.
  const origin = field('origin') ?? field('referer')
  return origin !== undefined && hostOf(origin) !== host.toLowerCase()
}

/** With its port, as in Host; undefined for what has none, such as the origin `null`. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
