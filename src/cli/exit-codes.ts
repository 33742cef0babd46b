/** How a command ends. Scripts rely on these numbers: only append. */
export const EXIT = {
  /** Done; for `balancer`, `worker` and `up`: stopped by a signal after finishing what was in flight. */
  ok: 0,
  /** It could not be done: port in use, file missing, app throws, server unreachable. */
  failed: 1,
  /** The command line or a configuration file is wrong; nothing was started. */
  wrong: 2,
  /** `status`, `cluster`: what was asked answered, and some member is not well. */
  unwell: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
