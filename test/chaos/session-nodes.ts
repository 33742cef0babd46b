/** Nodes of a session cluster as processes, on loopback or in network namespaces, and what one can ask them. */
import { Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { MembersAnswer, NodeOptions, Replica } from './session-node.ts'

/** This file's own ending: the sources may run as they are. */
const MAIN = fileURLToPath(new URL(`./session-node${import.meta.url.slice(-3)}`, import.meta.url))
/** A call that takes longer has failed. The cluster's own limits are far below. */
const CALL_MS = 20_000

/** Command and arguments of a node, for whoever starts it. */
export function nodeCommand(options: NodeOptions): [command: string, args: string[]] {
  return [process.execPath, [...process.execArgv, MAIN, JSON.stringify(options)]]
}

export interface Called {
  readonly status: number
  readonly cookie: string | undefined
  readonly text: string
}

/** Where a node or a balancer answers: a port of loopback or the path of a socket. */
export class Caller {
  readonly #where: { readonly port: number } | { readonly socketPath: string }
  readonly #agent: Agent

  constructor(where: number | string, connections: number) {
    this.#where = typeof where === 'number' ? { port: where } : { socketPath: where }
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Rejects when there is no whole answer. */
  call(method: 'GET' | 'POST', path: string, cookie?: string): Promise<Called> {
    return new Promise((resolve, reject) => {
      const headers = cookie === undefined ? {} : { cookie }
      const options = { host: '127.0.0.1', ...this.#where, method, path, headers, agent: this.#agent, timeout: CALL_MS }
      const outgoing = request(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('error', reject)
        response.on('end', () => {
          const set = response.headers['set-cookie']?.[0]
          resolve({ status: response.statusCode!, cookie: set?.slice(0, set.indexOf(';')), text })
        })
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path} in ${CALL_MS} ms`)))
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  async ask<T>(path: string): Promise<T> {
    const { status, text } = await this.call('GET', path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
    return JSON.parse(text) as T
  }

  replicas(): Promise<Replica[]> {
    return this.ask('/replicas')
  }

  members(): Promise<MembersAnswer> {
    return this.ask('/members')
  }

  close(): void {
    this.#agent.destroy()
  }
}
