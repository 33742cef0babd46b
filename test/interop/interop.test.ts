/**
 * The same traffic through httpd with mod_jk to a Tomcat, and through every arrangement with a part of ours in it: what
 * client and application see must be equal, but for the differences on the list.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Owner } from '../kit/owner.ts'
import { needsPeer } from '../kit/peers.ts'
import { suite } from '../kit/suite.ts'
import { type Arrangement, type ArrangementName, type OursName, REFERENCES } from './arrangement.ts'
import { type Arrangements, startArrangements } from './arrangements.ts'
import type { Case } from './case.ts'
import { compare, explain, type Found } from './compare.ts'
import { type Difference, differences } from './differences.ts'
import { type Facts, letterOf, play } from './play.ts'
import { SENT, Stage } from './stage.ts'
import { answers } from './traffic/answers.ts'
import { bodies } from './traffic/bodies.ts'
import { crowds } from './traffic/crowds.ts'
import { failures } from './traffic/failures.ts'
import { headers } from './traffic/headers.ts'
import { requestLines } from './traffic/request-lines.ts'
import { variables } from './traffic/variables.ts'

const DEATH: Case = {
  name: 'a container that dies in the middle of an answer',
  answer: 'text begun | flush | await never',
}
const traffic: readonly Case[] = [
  ...requestLines,
  ...headers,
  ...variables,
  ...bodies,
  ...answers,
  ...crowds,
  ...failures,
]

suite('the same traffic', needsPeer('mod_jk', 'tomcat', 'openssl'), () => {
  let arrangements: Arrangements
  const occurred = new Set<string>()

  let end: () => void | Promise<void> = () => {}
  const owner: Owner = {
    after: (close) => {
      end = close
    },
  }

  before(async () => {
    arrangements = await startArrangements(owner)
  })
  after(() => end())

  for (const [number, scene] of traffic.entries()) {
    test(scene.name, async () => {
      const results = await playAll(scene, number)
      if (scene.body !== undefined)
        for (const facts of results.values()) assert.ok([SENT, undefined].includes(facts.get('app.body.sha256')))
      judge(scene.name, results)
    })
  }

  // The last one, since nothing can be played after it.
  test(DEATH.name, async () => {
    const results = new Map<ArrangementName, Facts>()
    const stages: Stage[] = []
    for (const arrangement of [...arrangements.tomcat, ...arrangements.node]) {
      const stage = new Stage(arrangement, DEATH, `case-${letterOf(arrangement)}-death`, traffic.length)
      await stage.connect(arrangements.clientCertificate)
      await stage.sendAll()
      await stage.client.untilReceived('begun\n')
      stages.push(stage)
    }
    for (const app of arrangements.apps) await app.process.kill()
    for (const stage of stages) {
      await stage.readAnswer()
      stage.normalise()
      results.set(stage.arrangement.name, stage.facts)
      stage.client.close()
    }
    judge(DEATH.name, results)
  })

  test('every difference on the list occurs, in every way it is listed', () => {
    const expected = differences.flatMap((difference) => [
      ...(difference.sometimes === 'or never' ? [] : [difference.id]),
      ...(difference.sometimes ? [] : waysOf(difference)),
    ])
    assert.deepEqual(
      expected.filter((what) => !occurred.has(what)),
      [],
    )
  })

  /** Fails for what differs and is not on the list. */
  function judge(name: string, results: ReadonlyMap<ArrangementName, Facts>): void {
    const unexplained: string[] = []
    for (const [ours, reference] of Object.entries(REFERENCES) as [OursName, ArrangementName][]) {
      const facts = results.get(ours)
      if (facts === undefined) continue
      for (const found of compare(results.get(reference)!, facts)) {
        const known = explain(found, ours, name, differences)
        if (known === undefined) unexplained.push(`${ours}: ${tell(found)}`)
        else for (const way of [...wayOf(...known, ours, name)]) occurred.add(way)
      }
    }
    assert.deepEqual(unexplained, [])
  }

  /** One application serves one request at a time, so that notes and connections are those of the case. */
  async function playAll(scene: Case, number: number): Promise<Map<ArrangementName, Facts>> {
    const isPlayed = ({ tlsPort }: Arrangement) => tlsPort !== undefined || scene.needsHttpd !== true
    const inTurn = async (list: readonly Arrangement[]) => {
      const results: [ArrangementName, Facts][] = []
      for (const arrangement of list.filter(isPlayed))
        results.push([arrangement.name, await play(arrangement, scene, number, arrangements.clientCertificate)])
      return results
    }
    const [tomcat, node] = await Promise.all([inTurn(arrangements.tomcat), inTurn(arrangements.node)])
    return new Map([...tomcat, ...node])
  }
})

/** The ways in which a difference occurs: each of its rows, arrangements and cases. */
function waysOf({ id, facts, in: names, cases = [] }: Difference): string[] {
  return [...facts.map((_, row) => `${id}, row ${row}`), ...[...names, ...cases].map((where) => `${id}: ${where}`)]
}

function wayOf({ id }: Difference, row: number, ours: OursName, name: string): string[] {
  return [id, `${id}, row ${row}`, `${id}: ${ours}`, `${id}: ${name}`]
}

function tell({ fact, reference, ours }: Found): string {
  const shown = (value: string | undefined) => (value === undefined ? 'missing' : JSON.stringify(value.slice(0, 200)))
  return `${fact} is ${shown(reference)} there, ${shown(ours)} here`
}
