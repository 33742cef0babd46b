/** What a virtual host serves without a worker, and what it writes down, as options. */
import type { EnvRule } from './environment.ts'
import type { LocationOptions } from './location-match.ts'
import type { TellingOptions } from './telling-options.ts'

/** Files for paths that no rule maps. */
export interface FilesOptions {
  /** httpd `DocumentRoot`; without one only aliases are served. */
  readonly root?: string
  /** httpd `Alias`: a path and everything below it, and the folder or file that stands there. The first that fits counts. */
  readonly aliases?: readonly { readonly path: string; readonly target: string }[]
  /** Tomcat's folder of applications (`JkAutoAlias`): `/ctx/x` is the file `ctx/x`, where there is a folder `ctx`. */
  readonly applications?: string
  /** What a folder shows; default `index.html`. */
  readonly index?: readonly string[]
  /** Symbolic links lead out of the folder, too; default true, as in httpd. */
  readonly followSymlinks?: boolean
  /** Cut out of paths that no rule maps, up to the next `;` or `/` (`JkStripSession`); default none. */
  readonly stripSession?: string
}

/** A log of requests. */
export interface LogOptions {
  readonly file: string
  /** httpd `LogFormat`. */
  readonly format: string
  /** `jk`: format codes are those of JkRequestLogFormat and `%{…}t`, and only requests for workers are written. */
  readonly of?: 'httpd' | 'jk'
  /** Only requests that have this variable in their environment, or, with `!`, that have not. */
  readonly only?: string
}

export interface SiteOptions {
  /**
   * Where it answers: `ADDRESS:PORT`, with `*` for any (httpd `<VirtualHost>`); default everywhere. The most specific
   * addresses that fit decide; among hosts with the same ones the name does, and the first stands for unknown names.
   */
  readonly addresses?: readonly string[]
  readonly env?: readonly EnvRule[]
  /** Where a request goes to a worker although no rule maps it: to that of JK_WORKER_NAME (`SetHandler jakarta-servlet`). */
  readonly forced?: readonly LocationOptions[]
  /** What workers are told otherwise (JkOptions, JkEnvVar, JkExtractSSL). */
  readonly telling?: TellingOptions
  /** A path that holds `%` or `\` when it is decoded is never mapped; default false. JkOptions `RejectUnsafeURI`. */
  readonly rejectUnsafePaths?: boolean
  readonly files?: FilesOptions
  readonly logs?: readonly LogOptions[]
  /** A file with further mounts, which is read again when it has changed; its rules now stand in `mounts`. */
  readonly mountFile?: {
    readonly file: string
    /** How often it is looked at; 0 = never. */
    readonly reloadMs: number
  }
}
