/** All scenes of one framework, played in every arrangement against an app of its own. */

import { atEnd, type Owner } from '../kit/owner.ts'
import type { Framework } from './apps/app.ts'
import { APPS } from './apps/index.ts'
import { ARRANGEMENTS, type Arrangement, arrange } from './arrangements.ts'
import { compare } from './compare.ts'
import type { Occurrence } from './explain.ts'
import { Journal } from './journal.ts'
import { type Observation, play, type Scene } from './player.ts'
import { SCENES } from './traffic/index.ts'

export interface Rehearsal {
  readonly scenes: number
  /** Where the app, asked straight, does not do what the scene is about: then equal answers would say little. */
  readonly beside: readonly string[]
  readonly differences: readonly Occurrence[]
}

interface Stage {
  readonly arrangement: Arrangement
  readonly journal: Journal
  readonly port: number
}

export async function rehearse(owner: Owner, framework: Framework, files: string): Promise<Rehearsal> {
  const [straight, ...others] = await Promise.all(ARRANGEMENTS.map((each) => prepare(owner, each, framework, files)))
  const scenes = SCENES.filter(({ only }) => only === undefined || only.includes(framework))
  const beside: string[] = []
  const differences: Occurrence[] = []
  // One after the other: so much at once would change the order of events.
  for (const [n, scene] of scenes.entries()) {
    const playOn = ({ journal, port, arrangement }: Stage) =>
      play(scene, port, journal, `${n}`).catch((error: Error) => {
        throw new Error(`${framework}, ${scene.name}, ${arrangement}: ${error.message}`, { cause: error })
      })
    const reference = await playOn(straight!)
    beside.push(...misses(scene, framework, reference))
    for (const stage of others) {
      const found = compare(reference, await playOn(stage), scene.early)
      for (const each of found) differences.push({ ...each, over: stage.arrangement, framework, scene: scene.name })
    }
  }
  return { scenes: scenes.length, beside, differences }
}

async function prepare(owner: Owner, arrangement: Arrangement, framework: Framework, files: string): Promise<Stage> {
  const journal = new Journal()
  const app = await APPS[framework](journal, files)
  const port = await arrange(owner, arrangement, journal.observing(app.handler))
  atEnd(owner, () => app.close())
  return { arrangement, journal, port }
}

function misses({ name, status, elsewhere, says }: Scene, framework: Framework, { answers }: Observation): string[] {
  const last = answers.at(-1)
  const wanted = elsewhere?.[framework] ?? status
  if ((last?.status ?? 0) !== wanted) return [`${name}: ${last?.statusLine ?? 'no answer'} instead of ${wanted}`]
  if (says !== undefined && !last?.body.includes(says)) return [`${name}: the answer does not say ${says}`]
  return []
}
