/**
 * One channel in a process of its own, so that a test can kill it. Arguments: own port, ports of all members; in
 * CHANNEL_KEY a key. Reports to
 * its parent what its channel hears, and sends what its parent tells it to send. Its heart never beats, so that nothing is
 * noticed by waiting for it.
 */
import { createChannel } from '../group-channel.ts'

/** From the process: ready, or what it heard. */
export type Report =
  | { readonly type: 'ready' }
  | { readonly type: 'message'; readonly from: number; readonly text: string }
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'added' | 'disappeared'; readonly port: number }

/** To the process. */
export interface Order {
  readonly send: string
  readonly options: number
}

const [port, ...members] = process.argv.slice(2).map(Number)
const key = process.env.CHANNEL_KEY
const report = (what: Report) => process.send?.(what)

const channel = createChannel({
  receiver: { port: port!, autoBind: 1 },
  heartbeatMs: 3_600_000,
  members: members.map((member) => ({ host: '127.0.0.1', port: member })),
  ...(key === undefined ? {} : { encryption: { keys: [key] } }),
})
channel.addListener({
  message: ({ sender, body }) => {
    report({ type: 'message', from: sender.port, text: Buffer.from(body).toString() })
    return true
  },
  memberAdded: (member) => report({ type: 'added', port: member.port }),
  memberDisappeared: (member) => report({ type: 'disappeared', port: member.port }),
})
process.on('message', ({ send, options }: Order) => {
  const failed = (error: Error) => report({ type: 'failed', text: error.message })
  channel.send(channel.members(), Buffer.from(send), options).catch(failed)
})
process.on('disconnect', () => process.exit())
process.on('SIGTERM', () => void channel.stop().then(() => process.exit()))
await channel.start()
report({ type: 'ready' })
