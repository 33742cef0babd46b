import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { listen } from './listen.ts'

describe('a server of a worker', () => {
  it('says where it listens', async (t) => {
    const server = createServer()
    t.after(() => server.close())
    const { host, port } = await listen(server, { host: '127.0.0.1', port: 0 })
    assert.equal(host, '127.0.0.1')
    assert.ok(port > 0)
  })

  it('says which address is taken', async (t) => {
    const [server, late] = [createServer(), createServer()]
    t.after(() => server.close())
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 })
    await assert.rejects(listen(late, { host: '127.0.0.1', port }), {
      code: 'WORKER_LISTEN',
      message: new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: `),
    })
  })

  it('goes on after a connection that could not be accepted', async (t) => {
    const server = createServer((socket) => void socket.end())
    t.after(() => server.close())
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 })
    // As node:net tells of a failed accept; nothing but an empty table of files brings it about.
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
    await once(connect(port, '127.0.0.1').resume(), 'end')
  })
})
