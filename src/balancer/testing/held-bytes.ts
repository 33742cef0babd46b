/** How much the sockets of an engine hold: what was read and not passed on, and what was written and not taken. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Owner } from '../../../test/kit/owner.ts'

const CHANNELS = ['net.server.socket', 'net.client.socket']

export class HeldBytes {
  /** The most that all of them held at one time. */
  most = 0
  readonly #sockets = new Set<Socket>()

  /** Looks at the sockets that are opened from now on and that `isOurs`. */
  constructor(owner: Owner, isOurs: (socket: Socket) => boolean) {
    const opened = (message: unknown) => void this.#sockets.add((message as { socket: Socket }).socket)
    for (const channel of CHANNELS) subscribe(channel, opened)
    const timer = setInterval(() => this.#look(isOurs), 1)
    owner.after(() => {
      for (const channel of CHANNELS) unsubscribe(channel, opened)
      clearInterval(timer)
    })
  }

  #look(isOurs: (socket: Socket) => boolean): void {
    let held = 0
    for (const socket of this.#sockets) {
      if (socket.destroyed) this.#sockets.delete(socket)
      else if (isOurs(socket)) held += socket.writableLength + socket.readableLength
    }
    this.most = Math.max(this.most, held)
  }
}
