/** What breaks on the way: clients that leave, applications that stop in the middle or lie about their length. */
import type { Case } from '../case.ts'
import type { Stage } from '../stage.ts'

const MIB = 1_048_576

/** The client leaves with `how` once the application has had some of the body. */
const leavesWhileUploading = (framing: 'length' | 'chunked', how: 'reset' | 'finish') => ({
  body: { bytes: MIB, framing },
  answer: 'read | text whole',
  act: async (stage: Stage) => {
    await stage.client.send(stage.head())
    await stage.sendBody(MIB / 2)
    await stage.untilSeen('has some of the body', (seen) => Number(seen['body.bytes'] ?? 0) > MIB / 4)
    stage.client[how]()
    if (how === 'finish') await stage.readAnswer()
  },
})

const departures: readonly Case[] = [
  { name: 'a client that dies in an upload', ...leavesWhileUploading('length', 'reset') },
  { name: 'a client that dies in a chunked upload', ...leavesWhileUploading('chunked', 'reset') },
  { name: 'an upload that ends too soon', ...leavesWhileUploading('length', 'finish') },
  { name: 'a chunked upload that ends too soon', ...leavesWhileUploading('chunked', 'finish') },
  {
    name: 'a client that dies in a download',
    answer: 'endless',
    act: async (stage) => {
      await stage.sendAll()
      await stage.client.untilReceived('\0', MIB)
      stage.client.reset()
    },
  },
  {
    name: 'a client that closes in a download of known length',
    answer: `length ${MIB * 1_000} | endless`,
    act: async (stage) => {
      await stage.sendAll()
      await stage.client.untilReceived('\0', MIB)
      stage.client.close()
    },
  },
  {
    name: 'a client that leaves before the answer begins',
    answer: 'await gone | endless',
    act: async (stage) => {
      await stage.sendAll()
      await stage.untilSeen('waits', ({ step }) => step === 'await gone')
      stage.client.reset()
      await stage.release('gone')
    },
  },
]

const HASTY = '/probe/hasty/a'
const breaks: readonly Case[] = [
  { name: 'an application that fails after it began to answer', target: HASTY, answer: 'text half | flush | throw' },
  {
    name: 'an application that fails in an answer of known length',
    target: HASTY,
    answer: 'length 100 | text half | flush | throw',
  },
  {
    name: 'an application that fails when the client has read the beginning',
    target: HASTY,
    answer: 'text half | flush | await read | throw',
    act: async (stage) => {
      await stage.sendAll()
      const head = await stage.client.head()
      await stage.client.untilReceived('half')
      await stage.release('read')
      stage.noteAnswer(await stage.client.body(stage.method, head))
      await stage.noteConnection()
      // mod_jk has asked again, and that one waits, too.
      await stage.release('read')
    },
  },
  { name: 'fewer bytes than announced', answer: 'length 100 | text short' },
  { name: 'fewer bytes than announced, and flushed', answer: 'length 100 | text short | flush' },
  { name: 'more bytes than announced', answer: 'length 3 | text longer' },
  {
    name: 'no answer within the time limit',
    target: HASTY,
    answer: 'await patience',
    act: async (stage) => {
      await stage.sendAll()
      await stage.readAnswer()
      await stage.noteConnection()
      await stage.release('patience')
    },
  },
  { name: 'fields that do not fit a packet', target: HASTY, answer: 'large 9000 | text x' },
]

export const failures: readonly Case[] = [...departures, ...breaks]
