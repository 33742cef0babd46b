/**
 * One front over the members of many scenarios, either httpd with mod_jk or clowder, from the same files. Every scenario has
 * an lb, members, containers and a mount of its own, so that they can be played at the same time.
 */
import assert from 'node:assert/strict'
import { type Balancer, createBalancer } from '../../src/balancer/index.ts'
import { statusPages } from '../../src/cli/status-pages.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { loadBalancerConfiguration } from '../../src/config/index.ts'
import { temporaryFolder } from '../kit/folder.ts'
import { startHttpd } from '../kit/httpd.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import { freePort } from '../kit/ports.ts'
import { until } from '../kit/until.ts'
import { type Answer, get } from '../stories/visitor.ts'
import type { Scenario } from './balancing-scenario.ts'
import { ScriptedBackend } from './scripted-backend.ts'

export interface AskOptions {
  /** A session of this member. */
  readonly of?: string
  /** The whole cookie; `(b)` is the route of member b. */
  readonly cookie?: string
  readonly method?: string
  readonly body?: string
}

export interface Scene {
  readonly backends: Readonly<Record<string, ScriptedBackend>>
  /** One request: the letter of the member that answered, or the status; `cut` when the answer was not whole. */
  ask(options?: AskOptions): Promise<string>
  /** The same, whatever was answered. */
  statusOf(options?: AskOptions): Promise<string>
  /** So many, one after the other. */
  askTimes(count: number, options?: AskOptions): Promise<string>
  /** A property of a member as jk-status shows it. */
  shown(member: string, key: string): Promise<string>
  /** One property of all members. */
  all(key: string): Promise<string>
  /** Waits until jk-status shows it. */
  becomes(member: string, key: string, value: string): Promise<string>
  /** `cmd=update` on the lb, or on a member of it; `LB` is its name. */
  update(query: string, member?: string): Promise<string>
  /** `cmd=reset` or `cmd=recover` of the lb, or of a member of it. */
  change(command: 'reset' | 'recover', member?: string): Promise<string>
  /** Executions so far, `1/0`. */
  executions(): string
  /** Any path; `LB` is the name of the lb, and `(b)` the route of member b. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

export interface Front {
  readonly port: number
  readonly scenes: readonly Scene[]
}

type Cast = Readonly<Record<string, ScriptedBackend>>

const MOUNTS = ['JkMount /jkstatus jkstatus', 'JkMount /guarded guarded', 'JkMount /users users']
const LOCKED = ['<Location /guarded>', 'Require ip 192.0.2.1', '</Location>']
/** Both are let in here; the status worker knows one of them. */
const PASSWORDS = 'admin:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n'
export const PASSWORD = 'secret'

function passwordRules(file: string): string[] {
  const auth = ['AuthType Basic', 'AuthName users', `AuthUserFile ${file}`, 'Require valid-user']
  return ['<Location /users>', ...auth, '</Location>']
}

function passwordFile(owner: Owner): string {
  return temporaryFolder('passwords', owner).write('htpasswd', PASSWORDS)
}

export async function startModJk(owner: Owner, scenarios: readonly Scenario[], maintain: number): Promise<Front> {
  const casts = await startCasts(owner, scenarios)
  const passwords = passwordRules(passwordFile(owner))
  const { port } = await startHttpd({
    owner,
    modules: ['authz_host', 'authz_user', 'auth_basic', 'authn_core', 'authn_file'],
    workersProperties: workersProperties(scenarios, casts, maintain),
    config: () =>
      // One process: lb values, local errors and offsets are then those of one balancer.
      [
        'StartServers 1',
        'ServerLimit 1',
        'ThreadsPerChild 64',
        'MaxRequestWorkers 64',
        ...mounts(scenarios),
        ...passwords,
      ].join('\n'),
  })
  return { port, scenes: scenes(port, scenarios, casts) }
}

export async function startClowder(owner: Owner, scenarios: readonly Scenario[], maintain: number): Promise<Front> {
  const casts = await startCasts(owner, scenarios)
  const folder = temporaryFolder('balancing', owner)
  const port = await freePort()
  folder.write('workers.properties', workersProperties(scenarios, casts, maintain))
  const file = folder.write(
    'jk.conf',
    [
      `Listen 127.0.0.1:${port}`,
      'ServerName 127.0.0.1',
      'JkWorkersFile workers.properties',
      ...mounts(scenarios),
      ...passwordRules(passwordFile(owner)),
    ].join('\n'),
  )
  const { options, complaints } = await loadBalancerConfiguration(file)
  assert.ok(options !== undefined, JSON.stringify(complaints))
  const balancer: Balancer = createBalancer(options, {
    statusPage: statusPages(options, systemClock, () => balancer),
  })
  await balancer.start()
  atEnd(owner, () => balancer.stop(0))
  return { port, scenes: scenes(port, scenarios, casts) }
}

function startCasts(owner: Owner, scenarios: readonly Scenario[]): Promise<Cast[]> {
  return Promise.all(
    scenarios.map(async ({ members }) => {
      const backends = Object.keys(members).map((letter) => ScriptedBackend.start(owner, letter))
      return Object.fromEntries((await Promise.all(backends)).map((backend) => [backend.name, backend]))
    }),
  )
}

/** Names are as long as each other, so that the traffic of two members is the same. */
const lbName = (index: number): string => `lb${String(index).padStart(2, '0')}`
const memberName = (index: number, letter: string): string => `${lbName(index)}${letter}`

/** `(b)` is the name of member b, and its route. */
const withNames = (index: number, text: string): string =>
  text.replace(/\((\w)\)/g, (_, letter: string) => memberName(index, letter))

function workersProperties(scenarios: readonly Scenario[], casts: readonly Cast[], maintain: number): string {
  const names = scenarios.map((_, index) => lbName(index))
  const lines = [
    `worker.list=${[...names, 'jkstatus', 'guarded', 'users'].join(',')}`,
    `worker.maintain=${maintain}`,
    'worker.jkstatus.type=status',
    'worker.guarded.type=status',
    'worker.users.type=status',
    'worker.users.user=admin',
  ]
  for (const [index, { members, lb = '' }] of scenarios.entries()) {
    const set = (worker: string, settings: string) => {
      for (const setting of settings.split(' ')) if (setting !== '') lines.push(`worker.${worker}.${setting}`)
    }
    const own = Object.keys(members).map((letter) => memberName(index, letter))
    set(lbName(index), `type=lb balance_workers=${own.join(',')} ${lb}`)
    for (const [letter, settings] of Object.entries(members)) {
      const name = memberName(index, letter)
      set(name, `type=ajp13 host=127.0.0.1 port=${casts[index]![letter]!.port} ${withNames(index, settings)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function mounts(scenarios: readonly Scenario[]): string[] {
  const own = scenarios.map(
    ({ extensions = '' }, index) => `JkMount /${lbName(index)}|/* ${lbName(index)}${withNames(index, extensions)}`,
  )
  return [...MOUNTS, ...own, ...LOCKED]
}

function scenes(port: number, scenarios: readonly Scenario[], casts: readonly Cast[]): Scene[] {
  return scenarios.map((_, index) => scene(port, index, casts[index]!))
}

function scene(port: number, index: number, backends: Cast): Scene {
  const lb = lbName(index)
  const status = (query: string) => get(port, `/jkstatus?${query}`)
  const shown = async (letter: string, key: string) => {
    const { text } = await status(`cmd=show&w=${lb}&mime=prop`)
    const line = new RegExp(`^worker\\.${memberName(index, letter)}\\.${key}=(.*)$`, 'm').exec(text)
    return line?.[1] ?? `no ${key}`
  }
  const request = ({ of, cookie, method = 'GET', body }: AskOptions = {}): Promise<Answer> => {
    const cookies = of === undefined ? cookie && withNames(index, cookie) : `JSESSIONID=x.${memberName(index, of)}`
    return get(port, `/${lb}/`, {
      method,
      headers: {
        ...(cookies === undefined ? {} : { cookie: cookies }),
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
      },
      ...(body === undefined ? {} : { body }),
    })
  }
  const ask = async (options?: AskOptions): Promise<string> => {
    try {
      const { status, text } = await request(options)
      return status === 200 ? brief(text) : String(status)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 'cut'
      throw error
    }
  }
  const change = async (command: string, letter?: string, query = '') => {
    const member = letter === undefined ? '' : `&sw=${memberName(index, letter)}`
    const { text } = await status(`cmd=${command}&w=${lb}${member}${query}&mime=txt`)
    return /^Result: type=(\w+)/m.exec(text)?.[1] ?? text
  }
  return {
    backends,
    ask,
    statusOf: async (options) => String((await request(options)).status),
    async askTimes(count, options) {
      let members = ''
      for (let i = 0; i < count; i++) members += await ask(options)
      return members
    },
    shown,
    async all(key) {
      const values: string[] = []
      for (const letter of Object.keys(backends)) values.push(await shown(letter, key))
      return values.join(' ')
    },
    async becomes(letter, key, value) {
      await until(`${key} of ${letter} is ${value}`, async () => (await shown(letter, key)) === value, { everyMs: 50 })
      return value
    },
    update: (query, letter) => change('update', letter, `&${query.replace('LB', lb)}`),
    change,
    executions: () =>
      Object.values(backends)
        .map(({ executions }) => executions)
        .join('/'),
    get(path, headers = {}) {
      const named = Object.entries(headers).map(([name, value]) => [name, withNames(index, value)])
      return get(port, withNames(index, path).replace('LB', lb), { headers: Object.fromEntries(named) })
    },
  }
}

/** A letter that comes thousands of times is counted; of what follows the first word tells enough. */
function brief(text: string): string {
  if (text.length < 1_000) return text
  const letters = /^(\w)\1*/.exec(text)![0]
  return `${letters[0]}×${letters.length} ${text.slice(letters.length).split(/\s/)[0]}`
}
