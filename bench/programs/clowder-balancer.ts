/**
 * The balancer without its command line, `node clowder-balancer.js FILE [KEEP-ALIVE-MS]`: for what no file can say, and
 * for a build whose command line does not run. FILE is what `clowder balancer` takes.
 */
import { createBalancer } from '../../src/balancer/index.ts'
import { formatComplaint, loadBalancerConfiguration } from '../../src/config/index.ts'
import { endWithParent } from './end-with-parent.ts'

const [file = '', keepAliveMs] = process.argv.slice(2)
const { options, complaints } = await loadBalancerConfiguration(file)
if (options === undefined) throw new Error(complaints.map(formatComplaint).join('\n'))

const timeouts = keepAliveMs === undefined ? {} : { keepAliveMs: Number(keepAliveMs) }
const balancer = createBalancer({ ...options, timeouts: { ...options.timeouts, ...timeouts } })
await balancer.start()
const { port } = balancer.addresses()[0]!
process.stdout.write(`ready balancer clowder http=127.0.0.1:${port} pid=${process.pid}\n`)
endWithParent()
