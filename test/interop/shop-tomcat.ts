/** The application on a private Tomcat: tomcat-app with a static file of known age, and connectors with and without a secret. */
import { cpSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../kit/folder.ts'
import type { Owner } from '../kit/owner.ts'
import { freePort } from '../kit/ports.ts'
import { startTomcat } from '../kit/tomcat.ts'
import type { App } from './arrangement.ts'

const APP = fileURLToPath(new URL('./tomcat-app', import.meta.url))
export const SECRET = 'seven-lives'
/** The largest packet there is (ajp13.md 1.2). */
export const WIDE_PACKET = 65_536
const STATIC_BYTES = 100_000
const STATIC_TIME = new Date('2026-01-02T03:04:05Z')
/** Refused by Tomcat and our connector unless they match (ajp13.md 2.5). */
export const ATTRIBUTES = 'CLOWDER_.*'

export async function startTomcatApp(owner: Owner): Promise<App> {
  const base = temporaryFolder('interop', owner)
  cpSync(APP, base.path, { recursive: true })
  writeStaticFile(join(base.path, 'static'))
  const secretPort = await freePort()
  const widePort = await freePort()
  const common = `address="127.0.0.1" allowedRequestAttributesPattern="${ATTRIBUTES}"`
  const tomcat = await startTomcat({
    owner,
    jvmRoute: 'node1',
    ajpPort: 0,
    ajpAttributes: `secretRequired="false" allowedRequestAttributesPattern="${ATTRIBUTES}"`,
    connectors: [
      `port="${secretPort}" protocol="AJP/1.3" secret="${SECRET}" tomcatAuthentication="false" ${common}`,
      `port="${widePort}" protocol="AJP/1.3" secretRequired="false" packetSize="${WIDE_PACKET}" ${common}`,
    ],
    webapps: { '': base.path },
  })
  return {
    controlPort: tomcat.port,
    ajpPort: tomcat.ajpPort,
    secretPort,
    widePort,
    process: tomcat.process,
  }
}

/** `cats.txt` in that folder. */
export function writeStaticFile(folder: string): void {
  mkdirSync(folder)
  const file = join(folder, 'cats.txt')
  writeFileSync(file, Buffer.alloc(STATIC_BYTES, 'Mint condition cats, one line each, and none of them asleep.\n'))
  utimesSync(file, STATIC_TIME, STATIC_TIME)
}
