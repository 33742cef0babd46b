/** What can go wrong while measuring, each with the next step. Facts stand in the message, the cause beneath. */

export const benchErrors = {
  BENCH_USAGE: 'the command line is not understood: see npm run bench -- --help',
  BENCH_START: 'a contestant did not start: its last words are in the message',
  BENCH_UNEQUAL: 'the contestants do not give equal answers, so nothing was measured: repair the contestant named',
  BENCH_GONE: 'a measured process ended during a run: look for its last words',
  BENCH_LOAD: 'the load generator failed: try it by hand with the script it was given',
  BENCH_VOID: 'every run of a contestant had errors: its figures would mean nothing',
  BENCH_LIMIT: 'a limit of this machine is too low: raise the one named, or ask for less',
} as const

export type BenchErrorCode = keyof typeof benchErrors

export class BenchError extends Error {
  readonly code: BenchErrorCode

  constructor(code: BenchErrorCode, message: string, options?: ErrorOptions) {
    super(`${message} (${code}: ${benchErrors[code]})`, options)
    this.name = 'BenchError'
    this.code = code
  }
}
