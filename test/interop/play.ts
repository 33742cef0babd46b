/** Plays a case through an arrangement and gives the facts. */
import { within } from '../kit/until.ts'
import type { Arrangement, ArrangementName } from './arrangement.ts'
import type { Case } from './case.ts'
import { Stage } from './stage.ts'

export type Facts = ReadonlyMap<string, string>

/** Names of cases are equally long everywhere. */
const LETTERS: Readonly<Record<ArrangementName, string>> = {
  'mod_jk-tomcat': 'a',
  'mod_proxy_ajp-tomcat': 'b',
  'clowder-tomcat': 'c',
  'mod_jk-clowder': 'd',
  'mod_proxy_ajp-clowder': 'e',
  'clowder-clowder': 'f',
}

export function letterOf({ name }: Arrangement): string {
  return LETTERS[name]
}

export async function play(
  arrangement: Arrangement,
  scene: Case,
  number: number,
  clientCertificate: { readonly cert: string; readonly key: string },
): Promise<Facts> {
  const stage = new Stage(arrangement, scene, `case-${letterOf(arrangement)}${number}`, number)
  await stage.connect(clientCertificate)
  try {
    await (scene.act ?? whole)(stage)
    await stage.noteApp()
  } catch (error) {
    throw new Error(`${arrangement.name}: ${(error as Error).message}`, { cause: error })
  } finally {
    stage.client.close()
  }
  return stage.facts
}

/** The whole request, the whole answer, and whether the connection serves another request. */
async function whole(stage: Stage): Promise<void> {
  const sent = stage.sendAll()
  await stage.readAnswer()
  await within('the request is taken', sent)
  await stage.noteConnection()
}
