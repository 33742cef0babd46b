/**
 * The load generator for machines without wrk: a process of its own, `node generate.js SPEC.json`. Each connection has
 * one request in flight. It costs more CPU than wrk, so it reaches lower rates; CPU per request of what it measures
 * stays comparable among runs made with it, not with runs made with wrk.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { formatReport, type LoadGroup, type LoadSpec } from '../load/load.ts'
import { ResponseReader } from '../load/response-reader.ts'
import { quantile } from '../statistics.ts'

/** Latencies kept; later ones overwrite the oldest, so memory is bounded however long the run. */
const MAX_LATENCIES = 1 << 22

const spec = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadSpec
const latencies = new Float64Array(MAX_LATENCIES)
let requests = 0
let bytes = 0
let errors = 0
let open = 0

const started = performance.now()
const ends = started + spec.seconds * 1000

for (let index = 0; index < spec.connections; index++) run(spec.groups[index % spec.groups.length]!, index)
// Whatever hangs at the end is an error, and the process ends all the same.
setTimeout(
  () => {
    errors += open
    report()
  },
  spec.seconds * 1000 + 2_000,
).unref()

function run(group: LoadGroup, index: number): void {
  const heads = group.heads.map((head) => Buffer.from(head, 'latin1'))
  let at = index
  let sentAt = 0
  const socket = connect(group.port, '127.0.0.1').setNoDelay(true)
  const send = () => {
    sentAt = performance.now()
    socket.write(heads[at++ % heads.length]!)
  }
  const reader = new ResponseReader({
    end(status) {
      const now = performance.now()
      latencies[requests++ % MAX_LATENCIES] = now - sentAt
      if (status < 200 || status > 399) errors++
      if (now < ends) send()
      else socket.end()
    },
  })
  const fail = () => {
    errors++
    socket.destroy()
  }
  open++
  socket.on('connect', send)
  socket.on('data', (chunk) => {
    bytes += chunk.length
    try {
      reader.feed(chunk)
    } catch {
      fail()
    }
  })
  socket.on('error', fail)
  socket.on('end', () => {
    if (performance.now() < ends) errors++
  })
  socket.on('close', () => {
    open--
    if (open === 0) report()
  })
}

function report(): void {
  const seconds = (performance.now() - started) / 1000
  const sorted = latencies.subarray(0, Math.min(requests, MAX_LATENCIES)).sort()
  const p50Ms = quantile(sorted, 0.5) ?? 0
  const p99Ms = quantile(sorted, 0.99) ?? 0
  process.stdout.write(`${formatReport({ requests, seconds, bytes, errors, p50Ms, p99Ms })}\n`, () => process.exit(0))
}
