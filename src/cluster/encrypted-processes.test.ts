/** Channels with a key in processes of their own: one is killed and comes back, one has another key. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/kit/ports.ts'
import { until, within } from '../../test/kit/until.ts'
import { SEND } from './channel.ts'
import type { Order, Report } from './testing/channel-process.ts'

const SYNC = SEND.USE_ACK | SEND.SYNCHRONIZED_ACK
const KEY = '00112233445566778899aabbccddeeff'
const script = fileURLToPath(new URL(`./testing/channel-process${extname(import.meta.url)}`, import.meta.url))

const children: Child[] = []
afterEach(async () => {
  for (const child of children.splice(0)) await child.end('SIGKILL')
})

class Child {
  readonly reports: Report[] = []
  readonly port: number
  readonly #process: ChildProcess

  constructor(port: number, ports: readonly number[], key: string) {
    this.port = port
    this.#process = fork(script, [port, ...ports].map(String), { env: { ...process.env, CHANNEL_KEY: key } })
    this.#process.on('message', (report: Report) => this.reports.push(report))
    children.push(this)
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill(signal)
    await within(`${this.port} ends`, once(this.#process, 'exit'))
  }

  say(text: string, options: number): void {
    this.#process.send({ send: text, options } satisfies Order)
  }

  isReady(): boolean {
    return this.reports.some(({ type }) => type === 'ready')
  }

  sees(other: Child): number {
    const news = this.reports.filter((report) => 'port' in report && report.port === other.port)
    return news.filter(({ type }) => type === 'added').length - news.filter(({ type }) => type === 'disappeared').length
  }

  heard(text: string): number {
    return this.reports.filter((report) => report.type === 'message' && report.text === text).length
  }
}

test('processes with the key hear each other, and one that was killed when it is back', async () => {
  const ports = [await freePort(), await freePort()] as const
  const [a, b] = ports.map((port) => new Child(port, ports, KEY)) as [Child, Child]
  await until('they see each other', () => a.sees(b) === 1 && b.sees(a) === 1)
  a.say('acknowledged', SYNC)
  b.say('asynchronous', SEND.ASYNCHRONOUS)
  await until('both have it', () => b.heard('acknowledged') === 1 && a.heard('asynchronous') === 1)

  await b.end('SIGKILL')
  await until('it is noticed', () => a.sees(b) === 0)
  const again = new Child(b.port, ports, KEY)
  await until('it is back', () => a.sees(again) === 1 && again.sees(a) === 1)
  again.say('back', SYNC)
  await until('it is heard', () => a.heard('back') === 1)

  await again.end('SIGTERM')
  await until('its goodbye is believed', () => a.sees(again) === 0)
})

test('a process with another key is no member, hears nothing, and pushes nobody out', async () => {
  const ports = [await freePort(), await freePort(), await freePort()] as const
  const [a, b] = [new Child(ports[0], ports, KEY), new Child(ports[1], ports, KEY)]
  const stranger = new Child(ports[2], ports, KEY.replace('00', '01'))
  await until('they see each other', () => a.sees(b) === 1 && b.sees(a) === 1)
  await until('the stranger has tried', () => stranger.isReady())
  a.say('for members', SYNC)
  stranger.say('for all', SYNC)
  await until('the member has it', () => b.heard('for members') === 1)
  await stranger.end('SIGTERM')
  a.say('still members', SYNC)
  await until('the member has it', () => b.heard('still members') === 1)
  const everything = [a, b, stranger].map((child) => child.sees(stranger) + child.heard('for all'))
  assert.deepEqual(everything, [0, 0, 0])
  assert.deepEqual([stranger.sees(a), stranger.heard('for members'), a.sees(b), b.sees(a)], [0, 0, 1, 1])
})
