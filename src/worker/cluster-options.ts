/** What a worker is told of its cluster, in Tomcat's words -> the options of the channel and of the session manager. Pure. */
import { hostname } from 'node:os'
import {
  type ChannelOptions,
  decodePayload,
  encodePayload,
  type Member,
  PAYLOAD_ENTRY,
  payloadValue,
  type WhenFull,
} from '../cluster/index.ts'
import { SESSION_FORMATS, type SessionManagerOptions } from '../session/index.ts'
import { channelLayers, encryptionOf } from './channel-layers.ts'
import { given } from './given.ts'
import { membershipOptions } from './membership-options.ts'
import type { MembershipFileOptions } from './options.ts'
import { softwareVersion } from './software.ts'
import type { ClusterOptions, ResolvedWorkerOptions } from './worker-options.ts'

/**
 * A worker runs one app, which has its host to itself. So its manager is always called what Tomcat calls that of the ROOT
 * context on the host `localhost` (tomcat-cluster.md 1.1), whatever the nodes call their hosts: the article's two nodes
 * call them differently and are meant to share sessions all the same.
 */
const MANAGER_NAME = 'localhost#'

export function channelOptions(cluster: ClusterOptions, worker: ResolvedWorkerOptions): ChannelOptions {
  const { clusterName, receiver = {}, sender = {}, localMember, membership, interceptors = [] } = cluster
  const detector = interceptors.find((layer) => layer.name === 'TcpFailureDetector')
  const dispatch = interceptors.find((layer) => layer.name === 'MessageDispatchInterceptor')
  const entries = [
    ...(worker.route === '' ? [] : [{ type: PAYLOAD_ENTRY.ROUTE, value: Buffer.from(worker.route) }]),
    ...(clusterName === undefined ? [] : [{ type: PAYLOAD_ENTRY.CLUSTER, value: Buffer.from(clusterName) }]),
    { type: PAYLOAD_ENTRY.SESSION_FORMATS, value: SESSION_FORMATS },
    { type: PAYLOAD_ENTRY.SOFTWARE, value: Buffer.from(softwareVersion()) },
  ]
  return {
    ...given('name', clusterName),
    receiver: {
      // Tomcat's `auto`: the first address of the machine's name.
      ...given('address', receiver.address === 'auto' ? hostname() : receiver.address),
      ...given('port', receiver.port),
      ...given('autoBind', receiver.autoBind),
    },
    insecure: cluster.insecure ?? false,
    ...given('encryption', cluster.encryption ?? encryptionOf(interceptors)),
    interceptors: channelLayers(interceptors),
    ...given('whenDispatchFull', whenDispatchFull(dispatch)),
    ...given('uniqueId', localMember?.uniqueId),
    ...given('domain', localMember?.domain ?? domainOf(membership)),
    payload: encodePayload({ version: 1, entries }),
    members: cluster.staticMembers ?? [],
    membership: membershipOptions(membership, cluster.channelStartOptions, process.env),
    ...given('quorum', cluster.quorum),
    ...given('heartbeatMs', cluster.heartbeatMs),
    sender: { ...given('timeoutMs', sender.timeoutMs) },
    failureDetector: {
      ...given('connectTimeoutMs', detector?.connectTimeoutMs),
      ...given('removeSuspectsMs', detector?.removeSuspectsTimeoutMs),
    },
    limits: { ...given('maxDispatchBytes', dispatch?.maxQueueBytes) },
    clock: worker.clock,
  }
}

export function sessionOptions(worker: ResolvedWorkerOptions): Omit<SessionManagerOptions, 'channel' | 'store'> {
  const { cluster, session, route, clock } = worker
  const manager = cluster?.manager
  const store = manager?.store
  return {
    name: MANAGER_NAME,
    accepts: understandsSessions,
    route,
    ...given('maxInactiveIntervalMs', session.timeoutMs ?? manager?.maxInactiveMs),
    ...given('manager', manager?.kind),
    // Tomcat's BackupManager waits for its backup unless told otherwise, whatever the channel's options are.
    ...given('sendOptions', manager?.kind === 'backup' ? (manager.mapSendOptions ?? 6) : cluster?.channelSendOptions),
    ...given('fetchTimeoutMs', manager?.rpcTimeoutMs),
    ...given('stateTimeoutMs', manager?.stateTransferTimeoutMs),
    ...given('storeTimeoutMs', store?.timeoutMs),
    ...given('whenStoreFails', store?.whenFails),
    // A store has no minority, and ends its sessions itself.
    ...(store === undefined && {
      ...given('whenFull', manager?.whenFull),
      ...given('whenMinority', manager?.whenMinority),
    }),
    limits: {
      ...given('sessions', unlessUnlimited(manager?.maxActiveSessions)),
      ...given('storeCalls', store?.maxCalls),
      ...given('unsaved', store?.maxUnsaved),
      ...given('userSessions', store?.maxUserSessions),
    },
    clock,
  }
}

/** A Tomcat says nothing of itself, and would be sent bytes that it cannot read and be asked for sessions in vain. */
function understandsSessions({ payload }: Member): boolean {
  const said = decodePayload(payload)
  const formats = said && payloadValue(said, PAYLOAD_ENTRY.SESSION_FORMATS)
  return formats?.some((format) => SESSION_FORMATS.includes(format)) ?? false
}

function domainOf(membership: MembershipFileOptions | undefined): Uint8Array | undefined {
  return membership?.kind === 'multicast' ? membership.domain : undefined
}

/** Where it is not written the channel's own default holds, which is neither of Tomcat's. */
function whenDispatchFull(dispatch: { readonly alwaysSend?: boolean } | undefined): WhenFull | undefined {
  if (dispatch?.alwaysSend === undefined) return undefined
  return dispatch.alwaysSend ? 'wait' : 'throw'
}

/** Tomcat's -1 is "no limit"; here there is always one. */
function unlessUnlimited(count: number | undefined): number | undefined {
  return count === undefined || count < 0 ? undefined : count
}
