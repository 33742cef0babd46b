/** The commands, in the order in which the help lists them. */
import type { Command } from './command.ts'
import { status } from './status.ts'

export const COMMANDS: readonly Command[] = [status]
