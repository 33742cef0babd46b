/** Ends a process and all below it: asks, waits, asks those who were not told, and insists. */
import { waitFor } from '../wait.ts'
import { listProcesses } from './list.ts'

/** Nobody can refuse, but on a busy machine whoever is killed needs a turn to die. */
const KILLED_WITHIN_MS = 30_000

/** Remembers everybody it has seen below the root, so that nobody slips away when a parent ends first. */
export class ProcessTree {
  /** Pid to start time, which tells a reused pid from the old one. */
  readonly #known = new Map<number, number>()
  readonly #root: number

  constructor(root: number) {
    this.#root = root
    this.alive()
  }

  /** Who is left; a zombie only waits for its parent to look and is gone for us. */
  alive(): number[] {
    const roots = [this.#root, ...this.#known.keys()].map((pid) => ({ role: '', pid }))
    const alive: number[] = []
    for (const { pid, startTicks, state } of listProcesses(roots)) {
      if (!this.#known.has(pid)) this.#known.set(pid, startTicks)
      if (this.#known.get(pid) === startTicks && state !== 'Z') alive.push(pid)
    }
    return alive
  }

  /** Waits `patienceMs` after each question; resolves when all are gone, rejects when even SIGKILL did not help. */
  async end(patienceMs: number): Promise<void> {
    const gone = () => this.alive().length === 0
    if (gone()) return
    signal([this.#root], 'SIGTERM')
    const rootGone = () => !this.alive().includes(this.#root)
    if ((await holds(rootGone, patienceMs)) && gone()) return
    // Whoever stood between us and the rest (npm, a shell) may have kept the signal to itself.
    signal(this.alive(), 'SIGTERM')
    if (await holds(gone, patienceMs)) return
    signal(this.alive(), 'SIGKILL')
    await waitFor(gone, KILLED_WITHIN_MS)
  }
}

function holds(condition: () => boolean, withinMs: number): Promise<boolean> {
  return waitFor(condition, withinMs).then(
    () => true,
    () => false,
  )
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, name)
    } catch {
      // It ended by itself in the meantime.
    }
}
