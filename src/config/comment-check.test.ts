import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadBalancerConfiguration } from './load.ts'
import { memoryFiles } from './testing/memory-files.ts'

async function found(text: string): Promise<readonly string[]> {
  const path = 'workers.properties'
  const { complaints } = await loadBalancerConfiguration(path, { ...memoryFiles({ [path]: text }), env: {} })
  return complaints
    .filter(({ code }) => code === 'CONFIG_COMMENT_DIFFERS')
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
}

type Row = readonly [name: string, text: string, ...found: string[]]

const rows: readonly Row[] = [
  [
    'a number of sockets',
    '# a uses up to 20 sockets\nworker.a.connection_pool_size=200',
    '2:31 "200", but the comment in line 1 says "20 sockets"',
  ],
  [
    'a number of sockets, in Chinese',
    '# a使用多达20个套接字，只有10分钟\nworker.a.connection_pool_size=200\nworker.a.connection_pool_timeout=600',
    '2:31 "200", but the comment in line 1 says "20个套接字"',
  ],
  ['the same number', '# up to 20 sockets\nworker.a.connection_pool_size=20'],
  ['minutes are compared in seconds', '# for 10 minutes\nworker.a.connection_pool_timeout=600'],
  ['seconds are compared in milliseconds', '# 2 seconds\nworker.a.ping_timeout=2000'],
  [
    'minutes that are not',
    '# stay no more than 10mn\nworker.a.connection_pool_timeout=60',
    '2:34 "60", but the comment in line 1 says "10mn"',
  ],
  [
    'an address',
    '# the Tomcat on 10.0.0.1\nworker.a.type=http\nworker.a.host=10.0.0.2',
    '3:15 "10.0.0.2", but the comment in line 1 says "10.0.0.1"',
  ],
  ['a name is no other address', '# the Tomcat on 10.0.0.1\nworker.a.host=tomcat'],
  ['a port', '# on port 8009\nworker.a.port=8019', '2:15 "8019", but the comment in line 1 says "port 8009"'],
  ['lines of one comment belong together', '# up to\n# 20 sockets\nworker.a.connection_pool_size=20'],
  [
    'two numbers: nobody knows which',
    '# 20 or 30 sockets: 20 sockets\n# 30 sockets\nworker.a.connection_pool_size=200',
  ],
  ['two values: nobody knows which', '# 5 seconds\nworker.a.connect_timeout=1\nworker.a.reply_timeout=2'],
  ['an empty line ends what a comment is about', '# 20 sockets\n\nworker.a.connection_pool_size=200'],
  ['so does the next comment', '# 20 sockets\nworker.a.type=http\n# more\nworker.a.connection_pool_size=200'],
  [
    'a line that is commented out says nothing',
    '# worker.a.connection_pool_size=20\nworker.a.connection_pool_size=200',
  ],
  ['a value out of a variable is not compared', 'n=200\n# 20 sockets\nworker.a.connection_pool_size=$(n)'],
]

describe('comments that contradict values', () => {
  for (const [name, text, ...expected] of rows) {
    test(name, async () => assert.deepEqual(await found(text), expected))
  }
})
