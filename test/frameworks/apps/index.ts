/** How to make each app. */
import type { Framework, MakeApp } from './app.ts'
import { makeExpress4, makeExpress5 } from './express.ts'
import { makeFastify } from './fastify.ts'
import { makeHono } from './hono.ts'
import { makeKoa } from './koa.ts'
import { plain } from './plain.ts'

export const APPS: Readonly<Record<Framework, MakeApp>> = {
  'node:http': plain,
  'Express 4': makeExpress4,
  'Express 5': makeExpress5,
  Fastify: makeFastify,
  Koa: makeKoa,
  Hono: makeHono,
}
