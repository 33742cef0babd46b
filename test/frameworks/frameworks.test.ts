/**
 * One app per framework, asked the same things straight, through the balancer over HTTP, and through balancer and
 * connector over AJP: clients and apps must see the same, but for the differences listed in `differences.ts`.
 */
import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import { type Folder, temporaryFolder } from '../kit/folder.ts'
import { FRAMEWORKS } from './apps/app.ts'
import { writeFiles } from './apps/files.ts'
import { KNOWN_DIFFERENCES } from './differences.ts'
import { explanationOf, type KnownDifference } from './explain.ts'
import { rehearse } from './rehearsal.ts'

/** For each framework, so that none can lose its traffic unnoticed. */
const LEAST_SCENES = 140
/** Characters of a value in a failure. */
const SHOWN = 300

describe('apps of all frameworks, straight and behind the balancer', () => {
  let files: Folder
  const needed = new Map<KnownDifference, Set<string>>(KNOWN_DIFFERENCES.map((known) => [known, new Set()]))

  before(() => {
    files = temporaryFolder('frameworks')
    writeFiles(files.path)
    // What Hono's server says of a stream that breaks.
    mock.method(console, 'error', () => {})
  })

  after(() => {
    mock.restoreAll()
    files.remove()
  })

  for (const framework of FRAMEWORKS)
    test(framework, async (t) => {
      const { scenes, beside, differences } = await rehearse(t, framework, files.path)
      assert.ok(scenes >= LEAST_SCENES, `${scenes} scenes`)
      assert.deepEqual(beside, [])
      const unexplained: string[] = []
      for (const found of differences) {
        const known = explanationOf(found, KNOWN_DIFFERENCES)
        if (known !== undefined) needed.get(known)!.add(found.over)
        else {
          const [straight, there] = [found.straight, found.there].map((value) => JSON.stringify(value)?.slice(0, SHOWN))
          unexplained.push(`${found.scene}, ${found.over}: ${found.facet}: ${straight} became ${there}`)
        }
      }
      assert.deepEqual(unexplained, [])
    })

  test('every listed difference occurs where it is said to', () => {
    const idle = KNOWN_DIFFERENCES.flatMap((known) =>
      known.over.filter((over) => !needed.get(known)!.has(over)).map((over) => `${over}: ${known.what}`),
    )
    assert.deepEqual(idle, [])
  })
})
