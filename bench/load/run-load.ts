/** Runs one load to its end: with wrk where it is installed, else with our own generator. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BenchError } from '../errors.ts'
import { findProgram } from '../peers/find-program.ts'
import { dyingWithUs, programPath } from '../site.ts'
import { type LoadResult, type LoadSpec, parseReport } from './load.ts'
import { wrkScript } from './wrk-script.ts'

/** wrk ends some time after its duration; past this it hangs. */
const OVERTIME_MS = 20_000
/** No answer of any contestant takes this long on loopback unless it is lost. */
const ANSWER_WITHIN_SECONDS = 10

export type Generator = 'wrk' | 'own'

export function availableGenerator(): Generator {
  return findProgram('wrk') === undefined ? 'own' : 'wrk'
}

export async function runLoad(spec: LoadSpec, folder: string, generator: Generator): Promise<LoadResult> {
  const timeout = spec.seconds * 1000 + OVERTIME_MS
  if (generator === 'own') {
    const file = join(folder, 'load.json')
    await writeFile(file, JSON.stringify(spec))
    return parseReport(await run(process.execPath, [...process.execArgv, programPath('generate'), file], timeout))
  }
  const file = join(folder, 'load.lua')
  await writeFile(file, wrkScript(spec.groups))
  const args = [
    ['-t', spec.groups.length],
    ['-c', spec.connections],
    ['-d', `${spec.seconds}s`],
    ['--timeout', `${ANSWER_WITHIN_SECONDS}s`],
    ['-s', file],
  ].flat()
  return parseReport(await run('wrk', [...args.map(String), `http://127.0.0.1:${spec.groups[0]!.port}/`], timeout))
}

function run(name: string, nameArgs: readonly string[], timeout: number): Promise<string> {
  const { command, args } = dyingWithUs(name, nameArgs)
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout, killSignal: 'SIGKILL', maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new BenchError('BENCH_LOAD', `${name}: ${error.message}\n${stdout}${stderr}`, { cause: error }))
    })
  })
}
