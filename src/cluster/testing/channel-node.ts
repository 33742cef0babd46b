/**
 * One channel in a process of its own, for nodes of a network that a test made. Argument: channel options as JSON. Prints
 * a line per event: `ready NAME`, then `+ADDRESS:PORT TIME`, `-ADDRESS:PORT REASON TIME`, `suspect`, `late`, `failed`; time
 * is the machine's monotonic clock in ms, which all processes of a machine share.
 */
import { createChannel } from '../group-channel.ts'
import { endpointKey } from '../identity.ts'
import type { ChannelOptions } from '../options.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as ChannelOptions
const now = () => Math.round(Number(process.hrtime.bigint()) / 1e6)

const channel = createChannel(options)
channel.on('event', (event) => {
  switch (event.type) {
    case 'member-added':
      console.log(`+${endpointKey(event.member)} ${now()}`)
      break
    case 'member-disappeared':
      console.log(`-${endpointKey(event.member)} ${event.reason} ${now()}`)
      break
    case 'member-suspect':
      console.log(`suspect ${endpointKey(event.member)} ${event.cause.message} ${now()}`)
      break
    case 'late-heartbeat':
      console.log(`late ${Math.round(event.lateMs)} ${now()}`)
      break
    case 'membership-failed':
    case 'listener-failed':
      console.log(`failed ${event.type} ${String(event.cause)} ${now()}`)
      break
    default:
  }
})
process.on('SIGTERM', () => void channel.stop().then(() => process.exit()))
await channel.start()
console.log(`ready ${endpointKey(channel.local)} ${channel.members().map(endpointKey).join()}`)
// The channel's own timers do not keep the process alive.
setInterval(() => {}, 1 << 30)
