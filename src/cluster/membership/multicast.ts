/**
 * Members that call out who they are, as Tomcat's `McastService` does (tomcat-cluster.md 1.4, 3.2): each sends its member
 * packet to a group every so often, one with the shutdown command when it goes, and counts as silent when it was not
 * heard for a while. Messages to the whole group (send option 64) are not taken.
 */
import { createSocket, type Socket } from 'node:dgram'
import type { TimerHandle } from '../../clock/clock.ts'
import { formatAddress, isLoopback, parseAddress } from '../address.ts'
import { ClusterError, reasonOf } from '../errors.ts'
import { endpointKey, sameMember } from '../identity.ts'
import { LATE_TIMER_MS, lateMs } from '../lateness.ts'
import type { Endpoint } from '../member.ts'
import { decodeMember, encodeMember, SHUTDOWN_COMMAND } from '../member-packet.ts'
import type { MembershipGroup, MembershipSource } from './source.ts'

/** Tomcat: `<Membership className="…McastService">`. */
export interface MulticastMembershipOptions {
  readonly type: 'multicast'
  /** The group; with the port it is what makes a cluster. Default 228.0.0.4. */
  readonly address?: string
  /** Default 45564. */
  readonly port?: number
  /**
   * Address of the interface to use; default the system's choice, and loopback for a node that listens there. Tomcat: `bind`, formerly `mcastBindAddress`.
   */
  readonly bind?: string
  /** How many routers a packet may pass, 0 to 255. Default 1, which is Java's. */
  readonly ttl?: number
  /** Between two packets of this node. Ms, default 500. */
  readonly frequencyMs?: number
  /** Silence until a member is asked after. Ms, default 3000. */
  readonly dropTimeMs?: number
  /** Members on one host do not hear each other. Default false. */
  readonly localLoopbackDisabled?: boolean
  /** Opens the socket again after `recoveryCounter` errors in a row. Default true. */
  readonly recoveryEnabled?: boolean
  /** Default 10. */
  readonly recoveryCounter?: number
  /** Between tries to open it again. Ms, default 5000. */
  readonly recoverySleepMs?: number
}

/** Members heard at once; more are not noted. */
const MAX_HEARD = 4096
const NEWCOMER_ANSWER_MS = 100

interface Heard {
  readonly endpoint: Endpoint
  at: number
}

export class MulticastSource implements MembershipSource {
  readonly name: string
  readonly firstLookMs: number
  readonly #options: Required<Omit<MulticastMembershipOptions, 'bind'>> & { readonly bind: string | undefined }
  readonly #heard = new Map<string, Heard>()
  #group: MembershipGroup | undefined
  #socket: Socket | undefined
  #timer: TimerHandle
  #retry: TimerHandle
  #lookedAt = 0
  #answeredAt = Number.NEGATIVE_INFINITY
  #errors = 0
  #stopped = false

  constructor(options: MulticastMembershipOptions) {
    this.#options = {
      address: '228.0.0.4',
      port: 45_564,
      bind: undefined,
      ttl: 1,
      frequencyMs: 500,
      dropTimeMs: 3000,
      localLoopbackDisabled: false,
      recoveryEnabled: true,
      recoveryCounter: 10,
      recoverySleepMs: 5000,
      ...options,
    }
    const { address, port, frequencyMs } = this.#options
    this.name = `multicast ${address}:${port}`
    this.firstLookMs = 2 * frequencyMs
  }

  /**
   * As Tomcat, it listens for two pauses: whoever is there has spoken by then. A network that is not there yet, as at the
   * start of a machine, is tried again.
   */
  async start(group: MembershipGroup): Promise<void> {
    const { frequencyMs } = this.#options
    this.#group = group
    await this.#tryToOpen(group)
    this.#say()
    this.#lookedAt = group.clock.monotonic()
    this.#timer = group.clock.every(frequencyMs, () => this.#beat(group))
    await new Promise<void>((resolve) => void group.clock.after(this.firstLookMs, resolve))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const [group, socket] = [this.#group, this.#socket]
    this.#socket = undefined
    group?.clock.clear(this.#timer)
    group?.clock.clear(this.#retry)
    if (group === undefined || socket === undefined) return
    const { address, port } = this.#options
    const goodbye = encodeMember({ ...group.local(), command: SHUTDOWN_COMMAND })
    await new Promise<void>((resolve) => socket.send(goodbye, port, address, () => resolve()))
    socket.close()
  }

  #beat(group: MembershipGroup): void {
    this.#say()
    const now = group.clock.monotonic()
    const delay = lateMs(this.#lookedAt, now, this.#options.frequencyMs)
    this.#lookedAt = now
    for (const [key, heard] of this.#heard) {
      // What arrived while this node was blocked is not read yet: that time does not count.
      if (delay > LATE_TIMER_MS) heard.at += delay
      if (now - heard.at <= this.#options.dropTimeMs) continue
      this.#heard.delete(key)
      group.lost(heard.endpoint, 'silent')
    }
  }

  #say(): void {
    const [group, socket] = [this.#group, this.#socket]
    if (group === undefined || socket === undefined) return
    const { address, port } = this.#options
    socket.send(encodeMember(group.local()), port, address, (error) => {
      if (this.#socket !== socket) return
      if (error === null) this.#errors = 0
      else this.#failed(error)
    })
  }

  #received(datagram: Buffer, group: MembershipGroup): void {
    const member = decodeMember(datagram)
    this.#errors = 0
    const local = group.local()
    const key = endpointKey(member)
    if (sameMember(member, local) || key === endpointKey(local)) return
    // A loopback address is another machine's own (tomcat-cluster.md 9.5), or nothing to one that is elsewhere.
    if (isLoopback(member.host) !== isLoopback(local.host)) return
    if (Buffer.compare(member.command, SHUTDOWN_COMMAND) === 0) {
      this.#heard.delete(key)
      group.left(member)
      return
    }
    const now = group.clock.monotonic()
    const heard = this.#heard.get(key)
    if (heard !== undefined) heard.at = now
    else if (this.#heard.size >= MAX_HEARD) return
    else {
      this.#heard.set(key, { endpoint: { host: member.host, port: member.port }, at: now })
      // A newcomer need not wait for the next beat; many at once are answered together.
      if (now - this.#answeredAt >= NEWCOMER_ANSWER_MS) {
        this.#answeredAt = now
        this.#say()
      }
    }
    group.seen(member)
  }

  #failed(cause: unknown): void {
    const { recoveryEnabled, recoveryCounter } = this.#options
    this.#group?.failed(cause)
    if (++this.#errors >= recoveryCounter && recoveryEnabled) this.#recover()
  }

  /** Unlike Tomcat's, this recovery says no goodbye: the members keep this node, whose TCP port is open. */
  #recover(): void {
    const group = this.#group
    const broken = this.#socket
    this.#socket = undefined
    this.#errors = 0
    broken?.close()
    if (group !== undefined) void this.#tryToOpen(group)
  }

  async #tryToOpen(group: MembershipGroup): Promise<void> {
    try {
      const socket = await this.#open(group)
      if (this.#stopped) socket.close()
      else this.#socket = socket
    } catch (cause) {
      const message = `cannot join ${this.name}: ${reasonOf(cause)}`
      group.failed(new ClusterError('CLUSTER_MULTICAST', message, { cause }))
      if (this.#stopped) return
      this.#retry = group.clock.after(this.#options.recoverySleepMs, () => void this.#tryToOpen(group))
    }
  }

  /** Bound to the group where an interface is named, which keeps other traffic of the port out; else to any address. */
  async #open(group: MembershipGroup): Promise<Socket> {
    const { address } = this.#options
    // Others must not hear of a member that only this machine can reach: 127.0.0.1 is themselves to them.
    const { host } = group.local()
    const bind = this.#options.bind ?? (host.length === 4 && isLoopback(host) ? formatAddress(host) : undefined)
    if (bind === undefined) return await this.#bound(undefined, bind, group)
    try {
      return await this.#bound(address, bind, group)
    } catch {
      return await this.#bound(undefined, bind, group)
    }
  }

  async #bound(at: string | undefined, bind: string | undefined, group: MembershipGroup): Promise<Socket> {
    const { address, port, ttl, localLoopbackDisabled } = this.#options
    const socket = createSocket({ type: parseAddress(address)?.length === 16 ? 'udp6' : 'udp4', reuseAddr: true })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ port, ...(at === undefined ? {} : { address: at }) }, () => {
          socket.off('error', reject)
          resolve()
        })
      })
      socket.addMembership(address, bind)
      if (bind !== undefined) socket.setMulticastInterface(bind)
      socket.setMulticastTTL(ttl)
      socket.setMulticastLoopback(!localLoopbackDisabled)
    } catch (error) {
      socket.close()
      throw error
    }
    socket.on('error', (error) => {
      if (this.#socket === socket) this.#failed(error)
    })
    socket.on('message', (datagram) => {
      if (this.#stopped) return
      try {
        this.#received(datagram, group)
      } catch (error) {
        // Anybody may send anything here: told, but no error of the socket.
        group.failed(error)
      }
    })
    return socket
  }
}
