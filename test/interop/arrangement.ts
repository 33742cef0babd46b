/** The words of the interop tests: applications, and arrangements of a front before one of them. */

/** The one application, on Tomcat or on Node. */
export interface App {
  /** HTTP; `GET /control?case=NAME` tells what it saw. */
  readonly controlPort: number
  readonly ajpPort: number
  /** An AJP port that wants the secret. */
  readonly secretPort: number
  /** Ends its process at once. */
  kill(): Promise<void>
}

export type ArrangementName =
  | 'mod_jk-tomcat'
  | 'clowder-tomcat'
  | 'mod_jk-clowder'
  | 'mod_proxy_ajp-clowder'
  | 'clowder-clowder'

export interface Arrangement {
  readonly name: ArrangementName
  readonly app: App
  readonly port: number
  /** HTTPS; undefined where the front has none yet. */
  readonly tlsPort?: number
}

/** How the others are judged: by what Apache httpd with mod_jk before a Tomcat does. */
export const REFERENCE: ArrangementName = 'mod_jk-tomcat'
