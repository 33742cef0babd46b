/**
 * npm run soak -- [NAME…]
 *
 * What takes too long for every test run: runs the soaks that are named, or all, one after the other. The first that
 * fails ends the run.
 */

import type { Owner } from '../kit/owner.ts'
import { lastInFirstOut } from '../kit/owner.ts'
import { soakDownload, soakUpload } from './large-bodies.ts'

interface Soak {
  readonly name: string
  /** Returns what there is to say about it. */
  readonly run: (owner: Owner) => Promise<string>
}

const SOAKS: readonly Soak[] = [
  { name: 'download-length', run: (owner) => soakDownload(owner, 'length') },
  { name: 'download-chunked', run: (owner) => soakDownload(owner, 'chunked') },
  { name: 'download-close', run: (owner) => soakDownload(owner, 'close') },
  { name: 'upload-length', run: (owner) => soakUpload(owner, 'length') },
  { name: 'upload-chunked', run: (owner) => soakUpload(owner, 'chunked') },
]

const EXIT = { failed: 1, usage: 2 }

async function main(names: readonly string[]): Promise<number> {
  if (names.some((name) => SOAKS.every((soak) => soak.name !== name))) {
    console.error(`usage: npm run soak -- [${SOAKS.map(({ name }) => name).join('|')}]`)
    return EXIT.usage
  }
  for (const { name, run } of SOAKS) {
    if (names.length > 0 && !names.includes(name)) continue
    const closers: (() => void | Promise<void>)[] = []
    try {
      console.log(`${name}: ${await run(lastInFirstOut({ after: (close) => void closers.push(close) }))}`)
      for (const close of closers) await close()
    } catch (error) {
      console.error(`${name}:`, error)
      return EXIT.failed
    }
  }
  return 0
}

process.exit(await main(process.argv.slice(2)))
