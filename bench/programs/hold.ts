/**
 * Holds idle keep-alive connections: `node hold.js PORT NUMBER HEAD-FILE`. Each sends one request, reads the answer and
 * stays. Prints its ready line when all stand; ends with a word and status 1 as soon as one is lost.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { ResponseReader } from '../load/response-reader.ts'
import { endWithParent } from './end-with-parent.ts'

/** Connections being opened at once. */
const OPENING = 64

const [port, number, file] = process.argv.slice(2)
const wanted = Number(number)
const head = readFileSync(file ?? '')
let opened = 0
let answered = 0

for (let index = 0; index < Math.min(OPENING, wanted); index++) openNext()
endWithParent()

function openNext(): void {
  if (opened >= wanted) return
  opened++
  const reader = new ResponseReader({
    end(status) {
      if (status !== 200) fail(`status ${status}`)
      answered++
      if (answered === wanted) process.stdout.write(`ready hold connections=${answered} pid=${process.pid}\n`)
      openNext()
    },
  })
  const socket = connect(Number(port), '127.0.0.1', () => socket.write(head))
  socket.on('data', (chunk) => reader.feed(chunk))
  socket.on('error', (error) => fail(error.message))
  socket.on('close', () => fail('closed by the server'))
}

function fail(why: string): never {
  process.stdout.write(`lost a connection after ${answered} of ${wanted} were answered: ${why}\n`)
  process.exit(1)
}
