/** Groups of frameworks that scenes are for. */
import type { Framework } from '../apps/app.ts'

export const EXPRESS: readonly Framework[] = ['Express 4', 'Express 5']
export const ROUTED: readonly Framework[] = [...EXPRESS, 'Fastify', 'Koa', 'Hono']
