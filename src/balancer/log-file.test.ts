/** When lines of a log reach their file, and what becomes of them when they cannot. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../../test/kit/folder.ts'
import { until } from '../../test/kit/until.ts'
import { FakeClock } from '../clock/fake-clock.ts'
import { GATHER_BYTES, GATHER_MS, LogFile, MAX_WAITING_BYTES } from './log-file.ts'

function stage(t: TestContext) {
  const clock = new FakeClock()
  const troubles: string[] = []
  const path = join(temporaryFolder('log', t).path, 'x.log')
  const file = new LogFile(path, clock, (reason) => troubles.push(reason))
  t.after(() => file.close())
  const read = (at = path): string => {
    try {
      return readFileSync(at, 'utf8')
    } catch {
      return ''
    }
  }
  /** What is due is written, however long the disk took for what came before; no time goes by. */
  const written = (text: string) =>
    until(`the log is ${text.slice(0, 80)}`, () => {
      clock.advance(0)
      return read() === text
    })
  /** Time goes by meanwhile. */
  const later = (what: string, holds: () => boolean) =>
    until(what, () => {
      clock.advance(GATHER_MS)
      return holds()
    })
  const first = async () => {
    file.write('first\n')
    await written('first\n')
  }
  return { clock, file, path, read, troubles, written, later, first }
}

describe('LogFile', () => {
  test('writes a line that comes alone at once', async (t) => {
    const { clock, file, written, first } = stage(t)
    await first()
    clock.advance(GATHER_MS)
    file.write('second\n')
    await written('first\nsecond\n')
  })

  test('gathers lines that follow each other', async (t) => {
    const { clock, file, read, written, first } = stage(t)
    await first()
    for (const line of ['a\n', 'b\n', 'c\n']) {
      file.write(line)
      clock.advance(GATHER_MS / 4)
    }
    await until('they are to be written', () => clock.pending === 1)
    assert.equal(read(), 'first\n')
    clock.advance(GATHER_MS / 4)
    await written('first\na\nb\nc\n')
    assert.equal(clock.pending, 0)
  })

  test('does not wait for more when there are many', async (t) => {
    const { clock, file, written, first } = stage(t)
    await first()
    const line = `${'x'.repeat(GATHER_BYTES / 4)}\n`
    for (let i = 0; i < 4; i++) file.write(line)
    await written(`first\n${line.repeat(4)}`)
    assert.equal(clock.pending, 0)
  })

  test('keeps the order of lines that come while it writes', async (t) => {
    const { clock, file, written } = stage(t)
    let text = ''
    for (let i = 0; i < 200; i++) {
      const line = `${i} ${'x'.repeat(1_000)}\n`
      text += line
      file.write(line)
      if (i % 70 === 69) await new Promise(setImmediate)
    }
    await until('all is written or planned', () => {
      clock.advance(GATHER_MS)
      return clock.pending === 0
    })
    await written(text)
  })

  test('writes what waits when it is closed, and nothing after', async (t) => {
    const { file, read, first, troubles } = stage(t)
    await first()
    file.write('last\n')
    await file.close()
    assert.equal(read(), 'first\nlast\n')
    file.write('late\n')
    await file.close()
    assert.equal(read(), 'first\nlast\n')
    assert.deepEqual([file.dropped, troubles.length], [1, 1])
  })

  test('drops what is too much, and says so', async (t) => {
    const { file, read, troubles } = stage(t)
    const line = `${'x'.repeat(1_023)}\n`
    for (let chars = 0; chars <= MAX_WAITING_BYTES; chars += line.length) file.write(line)
    assert.equal(file.dropped, 1)
    assert.equal(troubles.length, 1)
    await file.close()
    assert.equal(read().length, MAX_WAITING_BYTES)
  })

  test('goes on in a new file when the old one was moved', async (t) => {
    const { clock, file, path, read, written, first } = stage(t)
    await first()
    renameSync(path, `${path}.1`)
    file.reopen()
    await until('there is a new one', () => existsSync(path))
    file.write('second\n')
    clock.advance(GATHER_MS)
    await written('second\n')
    assert.equal(read(`${path}.1`), 'first\n')
  })

  test('tells once of lines that are lost, and goes on when it can be written again', async (t) => {
    const { file, path, read, later, troubles } = stage(t)
    mkdirSync(path)
    for (let i = 1; i <= 3; i++) {
      file.write('lost\n')
      await later('it is lost', () => file.dropped === i)
    }
    assert.equal(troubles.length, 1)
    rmdirSync(path)
    file.write('kept\n')
    await later('it is written', () => read() === 'kept\n')
    assert.equal(file.dropped, 3)
  })

  test('hears of a file that is moved while it is being opened', async (t) => {
    const { file, path, read } = stage(t)
    file.open()
    await until('it is open', () => existsSync(path))
    renameSync(path, `${path}.1`)
    file.reopen()
    file.write('new\n')
    await file.close()
    assert.deepEqual([read(), read(`${path}.1`)], ['new\n', ''])
  })

  test('takes a line that is longer than all that is gathered', async (t) => {
    const { file, written, first } = stage(t)
    await first()
    const long = `${'x'.repeat(3 * GATHER_BYTES)}\n`
    file.write(long)
    file.write('short\n')
    await written(`first\n${long}`)
    await file.close()
    await written(`first\n${long}short\n`)
  })

  const full = { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }
  test('on a full disk loses what was not written, and begins a new line when there is room', full, async (t) => {
    const { file, path, read, later, troubles } = stage(t)
    symlinkSync('/dev/full', path)
    for (let i = 1; i <= 3; i++) {
      file.write('lost\n')
      await later('it is lost', () => file.dropped === i)
      file.reopen()
    }
    assert.equal(troubles.length, 1)
    unlinkSync(path)
    file.reopen()
    file.write('kept\n')
    await later('it is written', () => read() === '\nkept\n')
  })

  test('may be closed twice at once', async (t) => {
    const { file, read } = stage(t)
    file.write('a\n')
    await Promise.all([file.close(), file.close()])
    assert.equal(read(), 'a\n')
  })
})
