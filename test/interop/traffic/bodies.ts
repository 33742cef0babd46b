/** Bodies of requests and of answers, and how the two may overlap. */
import type { Body, Case } from '../case.ts'

/** Around P-6 and P-8 of ajp13.md 1.2, and far beyond. */
const UPLOADS = [0, 1, 8_185, 8_186, 8_187, 65_536, 1_048_576]
const DOWNLOADS = [0, 1, 8_183, 8_184, 8_185, 65_536, 1_048_576]
const HUGE = 64 * 1024 * 1024

const uploads: readonly Case[] = UPLOADS.flatMap((bytes) =>
  (['length', 'chunked'] as const).map((framing) => ({
    name: `a request of ${bytes} bytes, ${framing}`,
    body: { bytes, framing },
    answer: 'read',
  })),
)

const downloads: readonly Case[] = DOWNLOADS.flatMap((bytes) => [
  { name: `an answer of ${bytes} bytes, its length known`, answer: `length ${bytes} | bytes ${bytes}` },
  { name: `an answer of ${bytes} bytes, its length unknown`, answer: `flush | bytes ${bytes}` },
])

const both: readonly Case[] = [
  { name: 'an upload nobody reads', body: { bytes: 100_000, framing: 'length' }, answer: 'text no, thanks' },
  { name: 'a chunked upload nobody reads', body: { bytes: 100_000, framing: 'chunked' }, answer: 'text no, thanks' },
  {
    name: 'an early refusal while an upload runs',
    body: { bytes: 4 * 1024 * 1024, framing: 'length' },
    answer: 'error 413 too much',
  },
  {
    name: 'a form',
    fields: ['Content-Type: application/x-www-form-urlencoded'],
    body: { bytes: 20, framing: 'length' },
    answer: 'read',
  },
  { name: 'an upload and a large answer', body: { bytes: 200_000, framing: 'chunked' }, answer: 'read | bytes 200000' },
  {
    name: 'chunk extensions and trailers end here',
    body: { bytes: 5, framing: 'chunked' },
    answer: 'read',
    act: async (stage) => {
      await stage.client.send(stage.head())
      await stage.client.send('2;a=b\r\n\0\x01\r\n3;c="d e"\r\n\x02\x03\x04\r\n0\r\nX-End: 1\r\n\r\n')
      await stage.readAnswer()
      await stage.noteConnection()
    },
  },
  {
    name: 'a body that comes in two halves',
    body: { bytes: 100, framing: 'length' },
    answer: 'read',
    act: async (stage) => {
      await stage.client.send(stage.head())
      await stage.sendBody(50)
      await stage.untilSeen('has the first half or waits for the second', ({ step }) => step === 'read')
      await stage.sendRest(50)
      await stage.readAnswer()
      await stage.noteConnection()
    },
  },
]

const expecting = (framing: Body['framing']): Case => ({
  name: `100-continue, ${framing}`,
  fields: ['Expect: 100-continue'],
  body: { bytes: 20_000, framing },
  answer: 'read',
  act: async (stage) => {
    await stage.client.send(stage.head())
    const head = await stage.client.anyHead()
    stage.facts.set('client.first', String(head.status))
    if (head.status === 100) await stage.sendBody()
    await stage.readAnswer()
    await stage.noteConnection()
  },
})

const slow: readonly Case[] = [
  expecting('length'),
  expecting('chunked'),
  {
    name: 'a client that does not wait for 100 Continue',
    fields: ['Expect: 100-continue'],
    body: { bytes: 20_000, framing: 'length' },
    answer: 'read',
  },
  {
    name: 'an answer that comes in pieces as it is flushed',
    answer: 'text one | flush | await two | text two | flush | await three | text three',
    act: async (stage) => {
      await stage.sendAll()
      const head = await stage.client.head()
      // Each piece must have come before the next is made.
      for (const gate of ['two', 'three']) {
        await stage.client.untilReceived(gate === 'two' ? 'one\n' : 'two\n')
        await stage.release(gate)
      }
      stage.noteAnswer(await stage.client.body(stage.method, head))
      await stage.noteConnection()
    },
  },
  {
    name: 'a head that is flushed before there is a body',
    answer: 'header X-Early: yes | flush | await body | text body',
    act: async (stage) => {
      await stage.sendAll()
      const head = await stage.client.head()
      await stage.release('body')
      stage.noteAnswer(await stage.client.body(stage.method, head))
      await stage.noteConnection()
    },
  },
  {
    name: 'a reader who stops in 64 MiB holds the application back',
    answer: `length ${HUGE} | bytes ${HUGE}`,
    act: async (stage) => {
      await stage.sendAll()
      const head = await stage.client.head()
      stage.client.stopReading()
      const written = await stage.untilStalled(async () => Number((await stage.seen())?.written ?? 0))
      stage.facts.set('app.heldBack', String(written < HUGE))
      stage.client.startReading()
      stage.noteAnswer(await stage.client.body(stage.method, head))
      await stage.noteConnection()
    },
  },
  {
    name: 'an application that does not read 64 MiB holds the client back',
    body: { bytes: HUGE, framing: 'chunked' },
    answer: 'await read | read',
    act: async (stage) => {
      let sent = false
      const sending = stage.sendAll().then(() => {
        sent = true
      })
      await stage.untilSeen('waits', ({ step }) => step === 'await read')
      await stage.untilStalled(async () => stage.client.bytesSent)
      stage.facts.set('client.heldBack', String(!sent))
      await stage.release('read')
      await stage.readAnswer()
      await sending
      await stage.noteConnection()
    },
  },
]

export const bodies: readonly Case[] = [...uploads, ...downloads, ...both, ...slow]
