/** What an app under test is to whoever starts it. Every app answers the routes that `traffic/` asks for. */
import type { RequestListener } from 'node:http'
import type { Journal } from '../journal.ts'

export const FRAMEWORKS = ['node:http', 'Express 4', 'Express 5', 'Fastify', 'Koa', 'Hono'] as const
export type Framework = (typeof FRAMEWORKS)[number]

export interface App {
  readonly handler: RequestListener
  close(): Promise<void>
}

/** `files` is the folder of {@link writeFiles}. Each call gives an app with a state of its own. */
export type MakeApp = (journal: Journal, files: string) => App | Promise<App>

/** Signs cookies. */
export const COOKIE_SECRET = 'nine lives'
/** Bodies of parsers. */
export const BODY_LIMIT = 100_000
/** A text that is worth compressing. */
export const LONG_TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(500)
/** Bytes of every value, more than any buffer on the way holds. */
export const MANY_BYTES: Buffer = Buffer.alloc(3 << 20, Buffer.from(Array.from({ length: 251 }, (_, i) => i)))
