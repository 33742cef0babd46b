/** What a status page can be told, and what it says of itself if it is not. */

export interface StatusOptions {
  /** Stylesheet of the HTML page; empty for none. mod_jk `css`. */
  readonly css: string
  /** The server software, as jk-status shows it. */
  readonly webServer: string
  /** In the shape `mod_jk/1.2.x`, which scripts parse; tells them whose keys and words they meet. */
  readonly jkVersion: string
}

/** The version whose answers ours were compared with. */
const JK_VERSION = 'mod_jk/1.2.48'

export function resolveOptions(given: Partial<StatusOptions>): StatusOptions {
  return Object.freeze({
    css: given.css ?? '',
    webServer: given.webServer ?? `clowder ${JK_VERSION}`,
    jkVersion: given.jkVersion ?? JK_VERSION,
  })
}
