/**
 * What managers say to each other, as values. Their bytes are in `encode-message.ts` and `decode-message.ts`.
 *
 * Numbered *batches* carry what happens; everything else serves to find and fill the holes. Each node numbers its batches
 * from 1, and each node remembers up to where it has all of every other node's: its *positions*.
 */
import type { Entry } from './replica.ts'

/**
 * First byte of every message: what it is, and the version of everything behind it. Other versions of us are in
 * {@link OUR_VERSIONS}; other first bytes belong to somebody else on the channel.
 */
export const MESSAGE_VERSION = 0xc1
export const OUR_VERSIONS = { first: 0xc0, last: 0xcf } as const
/** The versions that this node understands, for members to say of themselves. */
export const SESSION_FORMATS: Uint8Array = Uint8Array.of(MESSAGE_VERSION)

/** They travel: only append. */
export const KIND = {
  batch: 1,
  position: 2,
  pull: 3,
  entries: 4,
  done: 5,
  refused: 6,
  need: 7,
  offer: 8,
  wanted: 9,
  fetch: 10,
  missing: 11,
  whose: 12,
  theirs: 13,
} as const

/** Which batches of one node somebody has. */
export interface Position {
  readonly node: string
  /** All from 1 to this. */
  readonly upTo: number
  /** What lies beyond a hole: ranges in order, first and last batch of each. */
  readonly early: readonly Range[]
}

export type Range = readonly [first: number, last: number]

export type Positions = readonly Position[]

export interface BatchMessage {
  readonly type: 'batch'
  readonly node: string
  /** A batch may be several that waited for a slow member. */
  readonly firstSeq: number
  readonly lastSeq: number
  readonly entries: readonly Entry[]
}

/** "I am here, and this is what I have." */
export interface PositionMessage {
  readonly type: 'position'
  readonly node: string
  /** Whether it may be asked for its sessions. */
  readonly ready: boolean
  /** It would like to know our position. */
  readonly ask: boolean
  /** Its change counter: a later pull may ask for what changed since. */
  readonly changes: number
  /** Its own node is among them. */
  readonly positions: Positions
}

/** "Send me what changed since, in these parts, where we differ." */
export interface PullMessage {
  readonly type: 'pull'
  readonly node: string
  readonly request: number
  /** Of the asked node's change counter; 0 = all. */
  readonly since: number
  /** The node whose counter that is. Another process on the same address counts anew. */
  readonly sinceNode: string
  /** A set, see `parts.ts`. */
  readonly parts: number
  /** One number for each bucket (`table-digest.ts`), or none: then nothing is left out because both have it. */
  readonly digests: readonly number[]
}

/** A piece of the answer to a pull, or to a need (request 0). */
export interface EntriesMessage {
  readonly type: 'entries'
  readonly node: string
  readonly request: number
  readonly entries: readonly Entry[]
}

/** The answer is complete: who has merged it has all that the answering node had when it began. */
export interface DoneMessage {
  readonly type: 'done'
  readonly node: string
  readonly request: number
  readonly changes: number
  readonly positions: Positions
}

export interface RefusedMessage {
  readonly type: 'refused'
  readonly node: string
  readonly request: number
  readonly reason: 'not-ready' | 'busy'
  /** Ms since its manager was started: of several that start together the first has nobody to wait for. */
  readonly startedAgoMs: number
}

/** "I got changes of these sessions and lack the rest." */
export interface NeedMessage {
  readonly type: 'need'
  readonly node: string
  readonly keys: readonly string[]
}

// ---- what only backup managers say ----

/** "You are one of those who keep these sessions: is this what you have?" */
export interface OfferMessage {
  readonly type: 'offer'
  readonly node: string
  readonly request: number
  readonly items: readonly Offered[]
}

export interface Offered {
  readonly key: string
  /** See `digest.ts`. */
  readonly digest: number
}

/** "Of what you offered I lack these, or have something else." */
export interface WantedMessage {
  readonly type: 'wanted'
  readonly node: string
  readonly request: number
  readonly keys: readonly string[]
}

/** "I have a request for this session: give it to me." Answered with entries, or `missing`. */
export interface FetchMessage {
  readonly type: 'fetch'
  readonly node: string
  readonly request: number
  readonly key: string
}

export interface MissingMessage {
  readonly type: 'missing'
  readonly node: string
  readonly request: number
}

/** "Which sessions are this user's?" */
export interface WhoseMessage {
  readonly type: 'whose'
  readonly node: string
  readonly request: number
  /** The one that says whose a session is. */
  readonly attribute: string
  readonly user: string
}

/** "Of those that I have, these." An answer of many is several messages, in any order. */
export interface TheirsMessage {
  readonly type: 'theirs'
  readonly node: string
  readonly request: number
  /** Of how many messages this is one. 0: the node cannot say, since it has no index by that attribute, or too many. */
  readonly of: number
  readonly keys: readonly string[]
}

export type PlacingMessage = OfferMessage | WantedMessage | FetchMessage | MissingMessage | WhoseMessage | TheirsMessage

export type Message =
  | PlacingMessage
  | BatchMessage
  | PositionMessage
  | PullMessage
  | EntriesMessage
  | DoneMessage
  | RefusedMessage
  | NeedMessage

/** Most nodes in one list of positions; a node remembers no more. */
export const MAX_POSITIONS = 4096
/** Most ranges beyond holes per node. */
export const MAX_EARLY_RANGES = 64
/** Most keys in one message. */
export const MAX_NEEDED_KEYS = 1000
/** Most messages that name the sessions of one user. */
export const MAX_USER_MESSAGES = 100
/** Most attributes in one entry: enough to stop a lie. */
export const MAX_ENTRY_ATTRIBUTES = 16_384
