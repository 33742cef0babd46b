/** The words of the interop tests: applications, and arrangements of a front before one of them. */

import type { Running } from '../kit/process.ts'

/** The one application, on Tomcat or on Node. */
export interface App {
  /** HTTP; `GET /control?case=NAME` tells what it saw. */
  readonly controlPort: number
  readonly ajpPort: number
  /** An AJP port that wants the secret. */
  readonly secretPort: number
  /** An AJP port with packets of 64 KiB. */
  readonly widePort: number
  readonly process: Running
}

export type ArrangementName =
  | 'mod_jk-tomcat'
  | 'mod_proxy_ajp-tomcat'
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

/** What each is judged by: the same front before a Tomcat, and for our balancer mod_jk, whose place it takes. */
export const REFERENCES = {
  'clowder-tomcat': 'mod_jk-tomcat',
  'mod_jk-clowder': 'mod_jk-tomcat',
  'mod_proxy_ajp-clowder': 'mod_proxy_ajp-tomcat',
  'clowder-clowder': 'mod_jk-tomcat',
} as const satisfies Partial<Record<ArrangementName, ArrangementName>>

export type OursName = keyof typeof REFERENCES
