/** Our balancer before an application, told what workers.properties and the mounts tell httpd. */
import { type BalancerOptions, createBalancer, type EndpointWorkerOptions } from '../../src/balancer/index.ts'
import { atEnd, type Owner } from '../kit/owner.ts'
import type { App } from './arrangement.ts'
import { HASTY_REPLY_MS, ROUTES } from './mounts.ts'
import { SECRET, WIDE_PACKET } from './shop-tomcat.ts'
import { variableOptions } from './variables.ts'

export async function startClowderFront(owner: Owner, app: App): Promise<number> {
  const balancer = createBalancer(options(app))
  await balancer.start()
  atEnd(owner, () => balancer.stop(0))
  return balancer.addresses()[0]!.port
}

function options(app: App): BalancerOptions {
  const worker = (port: number, more: Partial<EndpointWorkerOptions> = {}): EndpointWorkerOptions => ({
    type: 'ajp13',
    host: '127.0.0.1',
    port,
    ...more,
  })
  const mounts = ['hasty', 'secret', 'wrong', 'none', 'wide'].map((name) => [`/probe/${name}/*`, name] as const)
  return {
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: {
      shop: { type: 'lb', balanceWorkers: ['node1', 'tired'] },
      node1: worker(app.ajpPort, { route: ROUTES.first }),
      tired: worker(app.ajpPort, { route: ROUTES.tired, activation: 'disabled' }),
      hasty: worker(app.ajpPort, { replyTimeoutMs: HASTY_REPLY_MS }),
      secret: worker(app.secretPort, { secret: SECRET }),
      wrong: worker(app.secretPort, { secret: `${SECRET}!` }),
      none: worker(app.secretPort),
      wide: worker(app.widePort, { maxPacketSize: WIDE_PACKET }),
    },
    workerList: ['shop', 'hasty', 'secret', 'wrong', 'none', 'wide'],
    hosts: [
      {
        names: [],
        access: [],
        ...variableOptions,
        mounts: [...mounts, ['/*', 'shop'] as const].map(([pattern, name]) => ({
          pattern,
          worker: name,
          source: 'mount',
        })),
      },
    ],
  }
}
