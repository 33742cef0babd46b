/** A virtual host as the dispatcher needs it besides its mounts: made once, from options that were checked. */
import type { Clock } from '../clock/clock.ts'
import type { Site } from './dispatch.ts'
import { compileEnvironment } from './environment.ts'
import { compileLocation } from './location-match.ts'
import { createRequestLog, type LogFiles } from './request-log.ts'
import type { ResolvedBalancerOptions, ResolvedVirtualHost } from './resolved-options.ts'
import { FileService } from './serve-files.ts'
import { compileTelling } from './telling.ts'

export function createSite(
  { env = [], forced = [], files, logs = [], telling = {}, names }: ResolvedVirtualHost,
  dateLine: () => string,
  logFiles: LogFiles,
  clock: Clock,
  workers: ResolvedBalancerOptions['workers'],
): Site {
  const forcedAt = forced.map(compileLocation)
  return {
    environment: compileEnvironment(env),
    telling: compileTelling(telling, env),
    isForced: forced.length === 0 ? undefined : (path) => forcedAt.some((holds) => holds(path)),
    files: files === undefined ? undefined : new FileService(files, dateLine),
    log: createRequestLog(logs, names[0] ?? '', logFiles, clock, workers),
  }
}
