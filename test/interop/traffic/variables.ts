/** What a configuration makes of a request by variables: the values of ../variables.ts, as the application sees them. */
import type { Case } from '../case.ts'

export const variables: readonly Case[] = [
  { name: 'a variable as an attribute', target: '/probe/env' },
  { name: 'variables in place of what is known of the client and the server', target: '/probe/env/told' },
  { name: 'the same, to a container that believes in users', target: '/probe/secret/env/told' },
  { name: 'empty variables in place of what is known', target: '/probe/env/none' },
  { name: 'TLS that ended at a proxy in front', target: '/probe/env/tls' },
  { name: 'a route for a worker that stands alone', target: '/probe/secret/env/route' },
]
