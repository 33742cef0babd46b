/** Everything that is played. */
import type { Scene } from '../player.ts'
import { ABORTS } from './aborts.ts'
import { ANSWERS } from './answers.ts'
import { BODIES } from './bodies.ts'
import { CONNECTIONS } from './connections.ts'
import { FAILURES } from './failures.ts'
import { FILES } from './files.ts'
import { MESSAGES } from './messages.ts'
import { RAW_RESPONSES } from './raw-responses.ts'
import { RAW_STREAMS } from './raw-streams.ts'
import { SPECIALITIES } from './specialities.ts'

export const SCENES: readonly Scene[] = [
  ...MESSAGES,
  ...BODIES,
  ...ANSWERS,
  ...FILES,
  ...FAILURES,
  ...SPECIALITIES,
  ...RAW_RESPONSES,
  ...RAW_STREAMS,
  ...CONNECTIONS,
  ...ABORTS,
]
