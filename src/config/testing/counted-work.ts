/**
 * Work as a number of steps instead of seconds: how often V8 entered the blocks of our sources while something ran. The same
 * on every machine and under any load, so that a test can tell linear from quadratic. What built-in functions do inside is
 * not in it. To be imported before what is counted: V8 counts in functions that it compiles after this module was run.
 */
import { type Profiler, Session } from 'node:inspector'

const session = new Session()
session.connect()
session.post('Profiler.enable')
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

/** Steps within files whose path matches `files`. */
export async function countedWork(files: RegExp, run: () => Promise<unknown>): Promise<number> {
  takeSteps(files)
  await run()
  return takeSteps(files)
}

/** Steps since the last time. */
function takeSteps(files: RegExp): number {
  let steps = 0
  // Called before `post` returns: the session is with this very process.
  session.post('Profiler.takePreciseCoverage', (error, coverage?: Profiler.TakePreciseCoverageReturnType) => {
    if (error !== null) throw error
    for (const { url, functions } of coverage?.result ?? []) {
      if (!files.test(url)) continue
      for (const { ranges } of functions) for (const { count } of ranges) steps += count
    }
  })
  return steps
}
