/**
 * Differences that are not meant but known. They stand in the page like the others, as what they are, and the test fails
 * for one that was repaired, so that its entry goes.
 */
import type { Difference } from './differences.ts'

export const knownDefects: readonly Difference[] = [
  {
    id: 'short-answers-behind-mod-jk',
    in: ['mod_jk-clowder'],
    cases: ['fewer bytes than announced, and flushed'],
    facts: [
      ['client.ending', 'cut', 'complete'],
      ['client.header.content-length', '100', undefined],
      ['client.connection', 'closed', 'serves the next'],
    ],
    there: 'An answer that is shorter than its `Content-Length` and was flushed is cut',
    here: 'the connector ends it as if it were whole, and httpd corrects the length',
    why: 'a defect: what is truncated must not look whole',
  },
  {
    id: 'connect-reaches-applications',
    in: ['mod_jk-clowder', 'mod_proxy_ajp-clowder'],
    cases: ['CONNECT'],
    facts: [
      ['client.status', '501', '404'],
      ['client.page', 'Tomcat', undefined],
      ['client.connection', 'closed', 'serves the next'],
      ['client.header.connection', 'close', undefined],
    ],
    there: 'CONNECT is refused with 501',
    here: 'the application gets it as a request like any other; our balancer refuses it',
    why: 'a defect: `node:http` never gives it to a request handler',
  },
]
