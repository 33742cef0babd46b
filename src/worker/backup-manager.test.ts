/** Workers whose server.xml names a BackupManager: each session is on two of them, and users notice nothing of that. */
import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { freePort } from '../../test/kit/ports.ts'
import { until } from '../../test/kit/until.ts'
import type { RequestWith } from '../adapters/node-http.ts'
import { createWorker, type Worker } from './worker.ts'

const WORKERS = 4
const USERS = 25

function counter(request: IncomingMessage, response: ServerResponse): void {
  const { session } = request as RequestWith<{ count: number }>
  session.count = (session.count ?? 0) + 1
  response.end(String(session.count))
}

interface User {
  cookie: string
  count: number
}

/** One request of a user, who must see the next number. */
async function visit(worker: Worker, user: User): Promise<void> {
  const { port } = worker.addresses().http[0]!
  const [text, cookie] = await new Promise<[string, string | undefined]>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', headers: { cookie: user.cookie }, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      response.on('end', () => resolve([text, response.headers['set-cookie']?.[0]?.split(';')[0]]))
    })
      .on('error', reject)
      .end()
  })
  user.cookie = cookie ?? user.cookie
  user.count++
  assert.equal(text, String(user.count))
}

/** All have heard that all are ready: each gives copies of new sessions to each other one. */
async function agree(workers: readonly Worker[]): Promise<void> {
  await until('every worker gives copies to every other one', async () => {
    const rows = await Promise.all(
      workers.map(async ({ sessions }) => {
        const visits = Array.from({ length: 20 }, () => sessions.visit())
        for (const visit of visits) visit.set('of', 'nobody')
        await Promise.all(visits.map((visit) => visit.commit()))
        const keys = new Set(visits.map(({ key }) => key))
        const given = workers.map((worker) => [...worker.sessions.sessions()].some(({ key }) => keys.has(key)))
        await Promise.all(visits.map(({ session }) => sessions.destroy(session!)))
        return given.every(Boolean)
      }),
    )
    return rows.every(Boolean)
  })
}

test('users count on at any worker, also when one has left', async (t) => {
  const ports: number[] = []
  while (ports.length < WORKERS) ports.push(await freePort())
  const workers = ports.map((port, index) => {
    const staticMembers = ports.filter((other) => other !== port).map((other) => ({ host: '127.0.0.1', port: other }))
    return createWorker({
      app: counter,
      name: `w${index}`,
      jvmRoute: `w${index}`,
      connectors: [{ protocol: 'http', address: '127.0.0.1', port: 0 }],
      cluster: { receiver: { port, autoBind: 1 }, staticMembers, manager: { kind: 'backup' } },
    })
  })
  t.after(() => Promise.all(workers.map((worker) => worker.stop(0))))
  await Promise.all(workers.map((worker) => worker.start()))
  const members = () => workers.map((worker) => worker.sessions.snapshot().members.filter(({ node }) => node !== ''))
  await until('all know each other', () => members().every(({ length }) => length === WORKERS - 1))
  await agree(workers)

  const users: User[] = Array.from({ length: USERS }, () => ({ cookie: '', count: 0 }))
  await Promise.all(users.map((user) => visit(workers[0]!, user)))
  const copies = (of: readonly Worker[]) => of.reduce((sum, worker) => sum + worker.sessions.snapshot().sessions, 0)
  await until('each session is on two workers', () => copies(workers) === 2 * USERS)
  for (let round = 0; round < 2 * WORKERS; round++) {
    await Promise.all(users.map((user, index) => visit(workers[(round + index) % WORKERS]!, user)))
  }
  const [first, ...left] = workers
  await first!.stop()
  await Promise.all(users.map((user, index) => visit(left[index % left.length]!, user)))
  await until('each session is on two workers again', () => copies(left) === 2 * USERS)
})
