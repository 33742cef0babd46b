/** Many exchanges on one connection, and many at once: each gets its own answer, whatever happens to the others. */
import { type Case, HOST } from '../case.ts'
import { HttpClient } from '../http-client.ts'

const ROUNDS = 20
const CLIENTS = 24

type Exchange = readonly [method: string, fields: readonly string[], body: string, answer: string]

/** What leaves most behind that the next could stumble over. */
const KINDS: readonly ((n: number) => Exchange)[] = [
  (n) => ['GET', [], '', `text ${n}`],
  (n) => ['POST', ['Content-Length: 5'], 'abcde', `read | text ${n}`],
  (n) => ['POST', ['Content-Length: 5'], 'abcde', `text ${n}`],
  (n) => ['POST', ['Transfer-Encoding: chunked'], '5\r\nabcde\r\n0\r\n\r\n', `text ${n}`],
  (n) => ['HEAD', [], '', `text ${n}`],
  () => ['GET', [], '', 'status 304 | header ETag: "a"'],
  () => ['GET', [], '', 'status 204'],
  (n) => ['POST', ['Content-Length: 5'], 'abcde', `error 409 ${n}`],
  (n) => ['GET', [], '', `flush | bytes 9000 | text ${n}`],
]

const requestOf = ([method, fields, body, answer]: Exchange): string =>
  [`${method} /probe/crowd HTTP/1.1`, `Host: ${HOST}`, `X-Answer: ${answer}`, ...fields, '', body].join('\r\n')

export const crowds: readonly Case[] = [
  {
    name: `${ROUNDS * KINDS.length} requests of all kinds on one connection`,
    act: async ({ client, facts }) => {
      const story: string[] = []
      for (let n = 0; n < ROUNDS * KINDS.length; n++) {
        const exchange = KINDS[n % KINDS.length]!(n)
        await client.send(requestOf(exchange))
        const { status, bytes, text } = await client.answer(exchange[0])
        story.push(`${status} ${bytes} ${bytes < 100 ? text.trim() : ''}`)
      }
      facts.set('client.story', story.join(', '))
    },
  },
  {
    name: `${CLIENTS} clients at once, of whom every third dies`,
    act: async ({ arrangement, facts }) => {
      const story = await Promise.all(
        Array.from({ length: CLIENTS }, async (_, n) => {
          const client = await HttpClient.open(arrangement.port)
          const body = 'x'.repeat(20_000 + n)
          const dies = n % 3 === 2
          const request = requestOf(['POST', [`Content-Length: ${body.length}`], body, `read | text ${n}`])
          await client.send(dies ? request.slice(0, -10_000) : request)
          if (dies) {
            client.reset()
            return 'died'
          }
          const { status, text } = await client.answer('POST')
          client.close()
          return `${status} ${text.trim()}`
        }),
      )
      facts.set('client.story', story.join(', '))
    },
  },
]
