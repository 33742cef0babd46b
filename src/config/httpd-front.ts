/**
 * Limits and timeouts of httpd's core → those of the front. They hold for all hosts, so only the main server's count. What is
 * not written keeps clowder's own default, which is stricter than httpd's where it differs.
 */
import type { FrontLimits, FrontTimeouts } from '../balancer/options.ts'
import { type Complaints, shown } from './complaint.ts'
import type { DirectiveNode } from './httpd-tree.ts'

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

export interface FrontDraft {
  readonly limits: Writable<FrontLimits>
  readonly timeouts: Writable<FrontTimeouts>
  keepAlive: boolean
}

export function newFront(): FrontDraft {
  return { limits: {}, timeouts: {}, keepAlive: true }
}

export const frontDirectives: ReadonlySet<string> = new Set([
  ...['keepalive', 'keepalivetimeout', 'maxkeepaliverequests', 'limitrequestbody', 'limitrequestfields'],
  ...['limitrequestline', 'timeout', 'requestreadtimeout'],
])

/** More than anyone sends; stands for "no limit" where the front always has one. */
const manyFields = 65_535
const largest = 2 ** 31 - 1

export function readFrontDirective(node: DirectiveNode, front: FrontDraft, complaints: Complaints): void {
  const { limits, timeouts } = front
  const [word] = node.words
  const wrong = (what: string) => complaints.add('CONFIG_ARGUMENTS', node.at, node.name, what)
  if (word === undefined) {
    wrong('takes an argument')
    return
  }
  const { text } = word
  const number = (): number | undefined => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined
    if (value === undefined) wrong(`${shown(text)} is no number`)
    return value
  }
  const time = (): number | undefined => {
    const ms = milliseconds(text)
    if (ms === undefined) wrong(`${shown(text)} is no time`)
    return ms
  }
  switch (node.key) {
    case 'keepalive':
      if (!/^(?:on|off)$/i.test(text)) wrong(`${shown(text)} is neither On nor Off`)
      front.keepAlive = text.toLowerCase() !== 'off'
      return
    case 'keepalivetimeout':
      set(timeouts, 'keepAliveMs', time())
      return
    case 'timeout': {
      const ms = time()
      set(timeouts, 'bodyMs', ms)
      set(timeouts, 'sendMs', ms)
      return
    }
    case 'requestreadtimeout':
      for (const part of node.words) {
        const [, stage = '', least = '', most = ''] =
          /^(handshake|header|body)=(\d+)(?:-(\d+))?(?:,minrate=\d+)?$/i.exec(part.text) ?? []
        if (stage === '') wrong(`${shown(part.text)} is no header=TIME or body=TIME`)
        // With a rate the time grows with what comes; the longest it can be is what counts here.
        const ms = Math.min(Number(most || least) * 1000, largest)
        if (stage.toLowerCase() === 'header') timeouts.headMs = ms
        else if (stage.toLowerCase() === 'body') timeouts.bodyMs = ms
      }
      return
    case 'maxkeepaliverequests':
      set(limits, 'requestsPerConnection', atMost(number(), largest))
      return
    case 'limitrequestbody':
      set(limits, 'bodyBytes', number())
      return
    case 'limitrequestfields': {
      const count = number()
      set(limits, 'headerCount', count === 0 ? manyFields : atMost(count, largest))
      return
    }
    case 'limitrequestline': {
      const bytes = number()
      // Less than 16 no front can do with.
      set(limits, 'targetBytes', bytes === undefined ? undefined : Math.max(16, Math.min(bytes, largest)))
      return
    }
  }
}

/** What was written, as options; undefined where nothing was. */
export function frontOptions({ limits, timeouts, keepAlive }: FrontDraft): {
  limits?: FrontLimits
  timeouts?: FrontTimeouts
} {
  const own: FrontLimits = keepAlive ? limits : { ...limits, requestsPerConnection: 1 }
  return {
    ...(Object.keys(own).length === 0 ? {} : { limits: own }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  }
}

function set<Name extends string>(target: { [Key in Name]?: number }, name: Name, value: number | undefined): void {
  if (value !== undefined) target[name] = value
}

function atMost(value: number | undefined, most: number): number | undefined {
  return value === undefined ? undefined : Math.min(value, most)
}

/** Seconds, or with a unit of their own: `500ms`, `2min`. */
function milliseconds(text: string): number | undefined {
  const [, count = '', unit = 's'] = /^(\d{1,9})(ms|s|min|mi|h)?$/i.exec(text) ?? []
  if (count === '') return undefined
  const factor = { ms: 1, s: 1_000, min: 60_000, mi: 60_000, h: 3_600_000 }[unit.toLowerCase()] ?? 1_000
  return Math.min(Number(count) * factor, largest)
}
