/** The application on Node, behind our connector. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../kit/folder.ts'
import type { Owner } from '../kit/owner.ts'
import { startNode } from '../kit/process.ts'
import type { App } from './arrangement.ts'
import { writeStaticFile } from './shop-tomcat.ts'

/** This file's own ending: the sources may run as they are. */
const MAIN = fileURLToPath(new URL(`./node-app-main${import.meta.url.slice(-3)}`, import.meta.url))

export async function startNodeApp(owner: Owner): Promise<App> {
  const folder = join(temporaryFolder('interop', owner).path, 'static')
  writeStaticFile(folder)
  const running = await startNode([...process.execArgv, MAIN, folder], { owner, name: 'node app' })
  const [, where = ''] = await running.waitForLine(/^listening (.*)/)
  return { ...(JSON.parse(where) as Omit<App, 'process'>), process: running }
}
