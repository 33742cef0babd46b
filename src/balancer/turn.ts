/**
 * The end of a turn of the event loop: when all that has arrived has been read, and before the process sleeps. What is
 * written then, all at once, finds the reader of the first piece still awake for the second. Written one by one between
 * two reads, nearly each piece wakes somebody up anew, and the kernel charges that to the writer (64 connections: 0.63
 * wake-ups per request become 0.33, as many as HAProxy has, and the CPU per request 9 % less over HTTP).
 */
export interface HasLateWrites {
  /** Writes what waits, and throws nothing: others come behind it. Called once for each `atTurnEnd`. */
  turnEnds(): void
}

let waiting: HasLateWrites[] = []

export function atTurnEnd(one: HasLateWrites): void {
  if (waiting.length === 0) setImmediate(endTurn)
  waiting.push(one)
}

function endTurn(): void {
  const all = waiting
  waiting = []
  for (const one of all) one.turnEnds()
}
