/** A virtual host as the dispatcher needs it besides its mounts: made once, from options that were checked. */
import type { Site } from './dispatch.ts'
import { compileEnvironment } from './environment.ts'
import { compileLocation } from './location-match.ts'
import type { ResolvedVirtualHost } from './resolved-options.ts'
import { FileService } from './serve-files.ts'

export function createSite({ env = [], forced = [], files }: ResolvedVirtualHost, dateLine: () => string): Site {
  const forcedAt = forced.map(compileLocation)
  return {
    environment: compileEnvironment(env),
    isForced: forced.length === 0 ? undefined : (path) => forcedAt.some((holds) => holds(path)),
    files: files === undefined ? undefined : new FileService(files, dateLine),
    log: undefined,
  }
}
