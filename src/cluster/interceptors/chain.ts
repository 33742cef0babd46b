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
  /** Rejects when a layer cannot start; those that had begun are stopped then. */
  start(): Promise<void>
  stop(): Promise<void>
  heartbeat(): void
}

/** @param layers top to bottom */
export function composeChain(layers: readonly Interceptor[], { channel, bottom, top }: ChainEnds): Chain {
  const sends = composeDown(layers, bottom.send)
  const ups = composeUp(layers, top, channel)
  layers.forEach((layer, i) => {
    layer.attach?.({ channel, below: { send: sends[i + 1]! }, above: ups[i]! })
  })
  return {
    send: sends[0]!,
    receive: ups[layers.length]!.receive,
    async start() {
      const begun: Interceptor[] = []
      try {
        for (const layer of [...layers].reverse()) {
          begun.unshift(layer)
          await layer.start?.()
        }
      } catch (error) {
        // Whoever starts the channel hears the first failure; those that follow from it tell nothing more.
        await stopAll(begun).catch(() => {})
        throw error
      }
    },
    stop: () => stopAll(layers),
    heartbeat() {
      for (const layer of layers) {
        try {
          layer.heartbeat?.()
        } catch (cause) {
          channel.failed(cause)
        }
      }
    },
  }
}

/** Each of them, whatever another throws: timers and sockets of a layer that is left running keep a process alive. */
async function stopAll(layers: readonly Interceptor[]): Promise<void> {
  let failure: { cause: unknown } | undefined
  for (const layer of layers) {
    try {
      await layer.stop?.()
    } catch (cause) {
      failure ??= { cause }
    }
  }
  if (failure !== undefined) throw failure.cause
}

/** Entry i sends into layer i; the last one is the bottom. */
function composeDown(layers: readonly Interceptor[], bottom: SendNext): SendNext[] {
  const sends = [rejecting(bottom)]
  for (const layer of [...layers].reverse()) {
    const next = sends[0]!
    sends.unshift(layer.send === undefined ? next : rejecting((message) => layer.send!(message, next)))
  }
  return sends
}

/**
 * Rejects where one throws. A layer above that sends in parts, or to each, or counts what is under way, would not come to
 * wait for the others, or to count down.
 */
function rejecting(send: SendNext): SendNext {
  return (message) => {
    try {
      return send(message)
    } catch (cause) {
      return Promise.reject(cause)
    }
  }
}

/** Entry i is what lies above layer i; the last one is the way into the lowest layer. */
function composeUp(
  layers: readonly Interceptor[],
  top: Neighbours['above'],
  channel: ChannelContext,
): Neighbours['above'][] {
  const ups = [top]
  for (const layer of layers) {
    const next = ups[ups.length - 1]!
    ups.push({
      receive: receiveThrough(layer, next.receive),
      memberAdded: addedThrough(layer, next.memberAdded, channel),
      memberDisappeared: disappearedThrough(layer, next.memberDisappeared, channel),
    })
  }
  return ups
}

function receiveThrough(layer: Interceptor, next: ReceiveNext): ReceiveNext {
  return layer.receive === undefined ? next : (message) => layer.receive!(message, next)
}

/** News come from timers and sockets: what a layer throws at them must not end the process. */
function addedThrough(layer: Interceptor, next: MemberAddedNext, channel: ChannelContext): MemberAddedNext {
  if (layer.memberAdded === undefined) return next
  return (member) => {
    try {
      layer.memberAdded!(member, next)
    } catch (cause) {
      channel.failed(cause)
    }
  }
}

/** A layer that fails does not keep a member that has gone among those above. */
function disappearedThrough(
  layer: Interceptor,
  next: MemberDisappearedNext,
  channel: ChannelContext,
): MemberDisappearedNext {
  if (layer.memberDisappeared === undefined) return next
  return (member, reason) => {
    let isPassed = false
    try {
      layer.memberDisappeared!(member, reason, (gone, why) => {
        isPassed = true
        next(gone, why)
      })
    } catch (cause) {
      channel.failed(cause)
      if (!isPassed) next(member, reason)
    }
  }
}
