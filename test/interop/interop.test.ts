/**
 * The same traffic through httpd with mod_jk to a Tomcat, and through every arrangement with a part of ours in it: what
 * client and application see must be equal, but for the differences on the list.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import { type Arrangement, type ArrangementName, type OursName, REFERENCES } from './arrangement.ts'
import { compare, explain, type Found } from './compare.ts'
import { differences } from './differences.ts'
import { type Case, type Facts, play } from './play.ts'
import { type Stages, startStages } from './stages.ts'
import { answers } from './traffic/answers.ts'
import { bodies } from './traffic/bodies.ts'
import { failures } from './traffic/failures.ts'
import { headers } from './traffic/headers.ts'
import { requestLines } from './traffic/request-lines.ts'

const traffic: readonly Case[] = [...requestLines, ...headers, ...bodies, ...answers, ...failures]

describe('the same traffic', needsPeer('mod_jk', 'tomcat', 'openssl'), () => {
  let stages: Stages
  const occurred = new Set<string>()

  let end: () => void | Promise<void> = () => {}
  const suite: Owner = {
    after: (close) => {
      end = close
    },
  }

  before(async () => {
    stages = await startStages(suite)
  })
  after(() => end())

  for (const [number, scene] of traffic.entries()) {
    test(scene.name, async () => {
      const results = await playAll(scene, number)
      const unexplained: string[] = []
      for (const [name, reference] of Object.entries(REFERENCES) as [OursName, ArrangementName][]) {
        const facts = results.get(name)
        if (facts === undefined) continue
        for (const found of compare(results.get(reference)!, facts)) {
          const known = explain(found, name, scene.name, differences)
          if (known === undefined) unexplained.push(`${name}: ${tell(found)}`)
          else note(known[0].id, known[1], name, scene.name)
        }
      }
      assert.deepEqual(unexplained, [])
    })
  }

  test('every difference on the list occurs, in every way it is listed', () => {
    const missing = differences.flatMap((difference) => [
      ...difference.facts.map((_, row) => `${difference.id}, row ${row}`),
      ...difference.in.map((name) => `${difference.id} in ${name}`),
      ...(difference.cases ?? []).map((name) => `${difference.id} for ${name}`),
    ])
    assert.deepEqual(
      missing.filter((what) => !occurred.has(what)),
      [],
    )
  })

  function note(id: string, row: number, arrangement: OursName, name: string): void {
    occurred.add(`${id}, row ${row}`).add(`${id} in ${arrangement}`).add(`${id} for ${name}`)
  }

  /** One application serves one request at a time, so that notes and connections are those of the case. */
  async function playAll(scene: Case, number: number): Promise<Map<ArrangementName, Facts>> {
    const isPlayed = ({ tlsPort }: Arrangement) => tlsPort !== undefined || scene.needsHttpd !== true
    const inTurn = async (arrangements: readonly Arrangement[]) => {
      const results: [ArrangementName, Facts][] = []
      for (const arrangement of arrangements.filter(isPlayed))
        results.push([arrangement.name, await play(arrangement, scene, number, stages.clientCertificate)])
      return results
    }
    const [tomcat, node] = await Promise.all([inTurn(stages.tomcat), inTurn(stages.node)])
    return new Map([...tomcat, ...node])
  }
})

function tell({ fact, reference, ours }: Found): string {
  const shown = (value: string | undefined) => (value === undefined ? 'missing' : JSON.stringify(value.slice(0, 200)))
  return `${fact} is ${shown(reference)} there, ${shown(ours)} here`
}
