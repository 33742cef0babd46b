/** What is on its way in a network of a test, in words. */
import { Cursor } from '../../bytes/index.ts'
import { type Decoded, decodeMessage } from '../decode-message.ts'
import type { Flight } from './memory-network.ts'

/** `name`: the manager's in messages. */
export function messageOf(flight: Flight, name = 'test'): Decoded {
  return decodeMessage(new Cursor(flight.body), name)
}

/** How many sessions and endings a piece brings; 0 for other messages. */
export function entriesIn(flight: Flight): number {
  const message = messageOf(flight)
  return message.type === 'entries' ? message.entries.length : 0
}
