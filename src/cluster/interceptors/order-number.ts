/**
 * The numbers of messages: 1 up to 2^31 - 1, and 1 again. Which of two comes first is told as in RFC 1982: the shorter way
 * round is the right one. A Tomcat goes on with -2^31 and up; of those the same place in the circle counts.
 */

export const LAST_NUMBER = 2 ** 31 - 1
const HALF = (LAST_NUMBER - 1) / 2

/** The number after one. */
export function following(number: number): number {
  return number === LAST_NUMBER ? 1 : number + 1
}

/** The number that an i32 from the wire stands for. */
export function numberOf(value: number): number {
  if (value > 0) return value
  return value > -LAST_NUMBER ? value + LAST_NUMBER : value + 2 * LAST_NUMBER
}

/** How many numbers are between the expected one and another; below 0: it is late. */
export function stepsAhead(expected: number, number: number): number {
  const steps = number - expected
  if (steps > HALF) return steps - LAST_NUMBER
  return steps < -HALF ? steps + LAST_NUMBER : steps
}
