/** The mounts of each worker for jk-status to show (mod_jk.md 7.6, map attributes), for as many of both as there may be. */
import { inOrder } from './mount-map.ts'
import type { MountRule } from './options.ts'
import type { MountSnapshot } from './snapshot.ts'
import { hasWildcard } from './wildcard.ts'

export interface ShownMounts {
  /** Of every host, in the order in which they are tried. */
  of(worker: string): readonly MountSnapshot[]
}

interface MountedHost {
  readonly label: string
  readonly mounts: readonly MountRule[]
}

interface PlacedMount {
  /** Among those of all hosts. */
  readonly place: number
  readonly snapshot: MountSnapshot
}

/** An exclusion of every worker is shown for each. */
const EVERY_WORKER = '*'

export function shownMounts(hosts: readonly MountedHost[]): ShownMounts {
  const byWorker = new Map<string, PlacedMount[]>()
  let place = 0
  for (const { label, mounts } of hosts) {
    for (const rule of inOrder(mounts)) {
      if (rule.worker === EVERY_WORKER && rule.exclude !== true) continue
      const mount = { place: place++, snapshot: mountSnapshot(label, rule) }
      const same = byWorker.get(rule.worker)
      if (same === undefined) byWorker.set(rule.worker, [mount])
      else same.push(mount)
    }
  }
  const ofAll = byWorker.get(EVERY_WORKER) ?? []
  return {
    of(worker) {
      const own = byWorker.get(worker) ?? []
      const all = ofAll.length === 0 ? own : [...own, ...ofAll].sort((a, b) => a.place - b.place)
      return all.map(({ snapshot }) => snapshot)
    },
  }
}

function mountSnapshot(server: string, rule: MountRule): MountSnapshot {
  return {
    server,
    pattern: rule.pattern,
    isExclusion: rule.exclude === true,
    isDisabled: rule.disabled === true,
    isExact: !hasWildcard(rule.pattern),
    source: rule.source,
    ...extensionsOf(rule),
  }
}

/** Rule extensions as mod_jk shows them (mod_jk.md 7.6, map attributes): the others it does not. */
function extensionsOf({ extensions = {} }: MountRule) {
  return {
    replyTimeoutMs: extensions.replyTimeoutMs ?? -1,
    stickyIgnore: extensions.stickyIgnore === true,
    stateless: extensions.stateless === true,
    failOnStatus: listed(extensions.failOnStatus),
    active: listed(extensions.active),
    disabled: listed(extensions.disabled),
    stopped: listed(extensions.stopped),
    useServerErrors: extensions.useServerErrors ?? 0,
  }
}

function listed(items: readonly (string | number)[] = []): string {
  return items.join(',')
}
