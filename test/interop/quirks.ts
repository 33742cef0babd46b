/**
 * Every quirk of the index in mod_jk.md 10 by its number: what it is, in our own words, what was decided (DESIGN, decision
 * 7), and the test that shows it. The decision stands in docs/reference/differences.md, in the row that names the number.
 */
export interface Quirk {
  readonly id: number
  readonly what: string
  readonly decision: 'keep' | 'repair' | 'drop'
  /** A file, and words of it that only this test has. */
  readonly shownBy: readonly [file: string, test: string]
}

const lbSelect = 'src/balancer/lb-select.test.ts'
const retry = 'src/balancer/retry.test.ts'
const choices = 'test/interop/balancing-choices.ts'
const failures = 'test/interop/balancing-failures.ts'
const executions = 'test/interop/balancing-executions.ts'
const golden = 'src/status/golden.test.ts'
const statusAnswers = 'src/status/answer-status.test.ts'
const statusChanges = 'src/status/answer-change.test.ts'

const keep = (id: number, what: string, file: string, test: string): Quirk => ({
  id,
  what,
  decision: 'keep',
  shownBy: [file, test],
})
const repair = (id: number, what: string, file: string, test: string): Quirk => ({
  ...keep(id, what, file, test),
  decision: 'repair',
})
const drop = (id: number, what: string, file: string, test: string): Quirk => ({
  ...keep(id, what, file, test),
  decision: 'drop',
})

export const quirks: readonly Quirk[] = [
  keep(1, 'which text of an id is the route, and when an id in the path hides the cookie', choices, 'ids in the path'),
  repair(2, 'after a failed attempt only the first cookie counts', choices, 'the next cookie counts'),
  keep(3, 'force refuses ids that name no member', choices, 'unknown route 503, no route 503'),
  keep(4, 'length decides between rules, not exactness', 'src/balancer/mount-map.test.ts', 'no privilege'),
  keep(5, 'patterns begin with a slash', 'src/config/fixtures/workers-16-mount.txt', 'write /*.jsp'),
  repair(6, 'requests of every method are executed several times', executions, 'mod_jk executes it three times'),
  repair(7, 'a second attempt after the client has seen the first', executions, 'appends the answers of the next'),
  repair(8, 'two exceptions together are one', retry, 'bits 8 and 16: GET too'),
  keep(9, 'status 200 for everything jk-status says', golden, 'assert.equal(answer.status, 200)'),
  keep(10, 'odd keys of properties', 'src/status/fixtures/list.prop.get.http', 'error_time_unix seconds='),
  repair(11, 'an lb that calls itself status', 'src/status/fixtures/list.txt.get.http', 'type=lb sticky_session'),
  repair(
    12,
    'no time to wait is no connection',
    'src/balancer/connection-pool.test.ts',
    'where there is no time to wait',
  ),
  repair(
    13,
    'names of a rule do not reach the cookie',
    'src/balancer/rule-extensions.test.ts',
    'takes the names of the rule',
  ),
  repair(14, 'the route of a member that failed goes on', failures, 'quirk 14'),
  repair(
    15,
    'one client error counts as two',
    'src/balancer/worker-life.test.ts',
    'a client that broke off counts once',
  ),
  repair(
    16,
    'settings that are not shared, crash, or always change',
    'src/balancer/edit-live.test.ts',
    'the same address again closes nothing',
  ),
  repair(17, 'a box that cannot be unticked', statusAnswers, 'flags are a choice of two'),
  keep(
    18,
    'first error of a member, last of a worker',
    'src/balancer/take-snapshot.test.ts',
    'first of its errors, a worker the last',
  ),
  keep(19, 'domains with dots', choices, 'a domain with a dot in it never matches'),
  repair(
    20,
    'an indicator that virtual hosts do not inherit',
    'src/config/jk-directives.test.ts',
    'which a virtual host inherits',
  ),
  keep(21, 'a busy or probed member does without its sessions', lbSelect, 'a probed member loses its sessions'),
  repair(
    22,
    'some directives add up instead of replacing',
    'src/config/dump.test.ts',
    'the last line of a directive counts',
  ),
  repair(23, 'a write without an end', 'src/balancer/forward-ajp-answers.test.ts', 'LB_SEND_TIMEOUT'),
  repair(
    24,
    'more of a body than was asked for',
    'src/balancer/ajp-request-body.test.ts',
    'arrives whole, however the client cut it',
  ),
  repair(25, 'values that become markup', statusAnswers, 'XML stays XML'),
  drop(
    26,
    'values that several processes change at once',
    'src/balancer/lb.test.ts',
    'two balancers with the same worker',
  ),
  drop(27, 'trimming that looks at one more', 'src/balancer/connection-pool.test.ts', 'down to its minimum'),
  repair(
    28,
    'pings in a row while requests wait',
    'src/balancer/forward-ajp-ping.test.ts',
    'a connection that is being probed, and waits',
  ),
  repair(29, 'memory of the process for a route', choices, 'quirk 29'),
  repair(30, 'a page of errors behind half an answer', executions, 'appends its page of errors'),
  keep(31, 'errors without a page', executions, 'quirk 31'),
  repair(32, 'the end of nothing is an empty success', failures, 'mod_jk makes it an empty 200'),
  repair(
    33,
    'paths that are forwarded otherwise than matched',
    'src/config/jk-directives.test.ts',
    'ForwardURICompatUnparsed',
  ),
  repair(34, 'any word activates', statusChanges, 'an activation that does not exist'),
]
