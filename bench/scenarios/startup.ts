/** From the command to the first counted session: how long a whole system takes to serve, once everything is built. */
import { MAX_CONNECTIONS } from '../fronts.ts'
import { missingClowder, startClowderUp } from '../peers/clowder.ts'
import { missingHttpd } from '../peers/httpd.ts'
import { type Peer, peerOf } from '../peers/peer.ts'
import { missingTomcat } from '../peers/tomcat.ts'
import { startJkCluster } from '../peers/tomcat-cluster.ts'
import { projectRoot } from '../project-root.ts'
import { type Bench, type Findings, type Optional, present, type Scenario } from '../scenario.ts'
import { count } from '../sessions.ts'
import { freePort, type Site } from '../site.ts'
import { median, pairedRatio, spread } from '../statistics.ts'
import { figure, percent, type Table } from '../table.ts'
import { waitFor } from '../wait.ts'
import { labelOf } from './proxy.ts'

const SERVES_WITHIN_MS = 60_000

interface System extends Optional {
  readonly label: string
  start(site: Site): Promise<Peer>
}

const SYSTEMS: readonly System[] = [
  { key: 'npm-start', label: 'npm start', missing: () => missingClowder('up'), start: startByNpm },
  { key: 'clowder', label: 'clowder up', missing: () => missingClowder('up'), start: (site) => startClowderUp(site) },
  {
    key: 'httpd-jk',
    label: 'Tomcat, Tomcat, httpd mod_jk, in turn',
    missing: () => missingHttpd('jk') ?? missingTomcat(),
    start: (site) => startJkCluster(site, { routes: ['worker1', 'worker2'], maxConnections: MAX_CONNECTIONS }),
  },
]

export const startup: Scenario = {
  name: 'startup',
  about: 'seconds from the command to the first 200 on /count, everything built',
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const { kept, absent } = present(SYSTEMS, bench)
  const seconds = new Map<System, number[]>(kept.map((system) => [system, []]))
  for (let round = 1; round <= bench.arguments.rounds; round++)
    for (const system of kept) {
      const took = await measure(bench.site, system)
      seconds.get(system)!.push(took)
      bench.say(`round ${round}/${bench.arguments.rounds} ${system.label}: ${took.toFixed(2)} s`)
    }
  const reference = labelOf(SYSTEMS, bench.arguments.reference ?? 'httpd-jk')
  const data = Object.fromEntries([...seconds].map(([system, list]) => [system.label, list]))
  return { tables: [tableOf(data, reference, absent)], data }
}

async function measure(site: Site, system: System): Promise<number> {
  const started = performance.now()
  const peer = await system.start(site)
  await waitFor(() => serves(peer.port), SERVES_WITHIN_MS)
  const seconds = (performance.now() - started) / 1000
  await peer.stop()
  return seconds
}

/** Whatever stands between the first open port and the first right answer is part of the start. */
async function serves(port: number): Promise<boolean> {
  try {
    return (await count(port)).n === 1
  } catch {
    // A wrong answer or none yet; what never becomes right runs into the time limit.
    return false
  }
}

async function startByNpm(site: Site): Promise<Peer> {
  const port = await freePort()
  const child = await site.start({
    name: 'npm start',
    command: 'npm',
    args: ['start', '--', '--port', String(port)],
    cwd: projectRoot(),
    ready: { port },
  })
  return peerOf(port, child)
}

function tableOf(data: Readonly<Record<string, readonly number[]>>, reference: string, absent: string[]): Table {
  return {
    title: 'from the command to the first 200 on /count',
    columns: [
      { title: 'system' },
      { title: 'seconds', align: 'right' },
      { title: 'spread', align: 'right' },
      { title: `× ${reference}`, align: 'right' },
    ],
    rows: Object.entries(data).map(([label, seconds]) => [
      label,
      figure(median(seconds)),
      `±${percent(spread(seconds))}`,
      figure(pairedRatio(seconds, data[reference] ?? [])),
    ]),
    notes: [
      'npm start looks whether the build is fresh before it starts',
      'Tomcats start one after the other: together, each waits a minute for the sessions of the other',
      ...absent,
    ],
  }
}
