/** Makes one pile of the layers of a channel: each call goes straight from one layer that cares to the next. */
import type {
  ChannelContext,
  Interceptor,
  MemberAddedNext,
  MemberDisappearedNext,
  Neighbours,
  ReceiveNext,
  SendNext,
} from './interceptor.ts'

/** What the topmost layer hands to, and what the lowest one does. */
export interface ChainEnds {
  readonly channel: ChannelContext
  readonly bottom: Neighbours['below']
  readonly top: Neighbours['above']
}

export interface Chain {
  /** Into the topmost layer. */
  readonly send: SendNext
  /** Into the lowest layer. */
  readonly receive: ReceiveNext
  start(): Promise<void>
  stop(): Promise<void>
  heartbeat(): void
}

/** @param layers top to bottom */
export function composeChain(layers: readonly Interceptor[], { channel, bottom, top }: ChainEnds): Chain {
  const sends = composeDown(layers, bottom.send)
  const ups = composeUp(layers, top)
  layers.forEach((layer, i) => {
    layer.attach?.({ channel, below: { send: sends[i + 1]! }, above: ups[i]! })
  })
  return {
    send: sends[0]!,
    receive: ups[layers.length]!.receive,
    async start() {
      for (const layer of [...layers].reverse()) await layer.start?.()
    },
    async stop() {
      for (const layer of layers) await layer.stop?.()
    },
    heartbeat() {
      for (const layer of layers) layer.heartbeat?.()
    },
  }
}

/** Entry i sends into layer i; the last one is the bottom. */
function composeDown(layers: readonly Interceptor[], bottom: SendNext): SendNext[] {
  const sends = [bottom]
  for (const layer of [...layers].reverse()) {
    const next = sends[0]!
    sends.unshift(layer.send === undefined ? next : (message) => layer.send!(message, next))
  }
  return sends
}

/** Entry i is what lies above layer i; the last one is the way into the lowest layer. */
function composeUp(layers: readonly Interceptor[], top: Neighbours['above']): Neighbours['above'][] {
  const ups = [top]
  for (const layer of layers) {
    const next = ups[ups.length - 1]!
    ups.push({
      receive: receiveThrough(layer, next.receive),
      memberAdded: addedThrough(layer, next.memberAdded),
      memberDisappeared: disappearedThrough(layer, next.memberDisappeared),
    })
  }
  return ups
}

function receiveThrough(layer: Interceptor, next: ReceiveNext): ReceiveNext {
  return layer.receive === undefined ? next : (message) => layer.receive!(message, next)
}

function addedThrough(layer: Interceptor, next: MemberAddedNext): MemberAddedNext {
  return layer.memberAdded === undefined ? next : (member) => layer.memberAdded!(member, next)
}

function disappearedThrough(layer: Interceptor, next: MemberDisappearedNext): MemberDisappearedNext {
  if (layer.memberDisappeared === undefined) return next
  return (member, reason) => layer.memberDisappeared!(member, reason, next)
}
