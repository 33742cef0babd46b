/** The life of a command that serves: start, one ready line, serve until asked to stop, stop in order. */
import type { Io } from './command.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { formatReadyLine, type ReadyLine } from './ready-line.ts'

export interface Service {
  start(): Promise<ReadyLine>
  /** Finishes what is in flight, within a limit of its own. May be called while it starts, and after a failed start. */
  stop(): Promise<void>
}

export async function serve(service: Service, io: Io): Promise<ExitCode> {
  const asked = io.untilStopped()
  try {
    const line = await Promise.race([service.start(), asked])
    if (line !== undefined) io.out(formatReadyLine(line))
  } catch (error) {
    // Why it did not start is what the user has to know; that the rest could not be cleaned up either is not.
    await service.stop().catch(() => {})
    throw error
  }
  await asked
  await service.stop()
  return EXIT.ok
}
