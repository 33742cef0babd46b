import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadBalancerConfiguration } from './load.ts'
import { referencePages } from './reference.ts'
import { memoryFiles } from './testing/memory-files.ts'
import { type ValueKind, type WorkerDirective, workerDirectives } from './worker-directives.ts'

/** mod_jk.md 1.3, 1.4 and the deprecated names of 1.1. */
const known = `list maintain type reference mount secret secretkey host port source prefer_ipv6 socket_timeout
  socket_connect_timeout socket_keepalive socket_buffer connect_timeout prepost_timeout reply_timeout ping_timeout ping_mode
  connection_ping_interval connection_pool_size connection_pool_minsize connection_pool_timeout connection_acquire_timeout
  busy_limit retries lb_retries retry_interval recovery_options fail_on_status max_packet_size balance_workers sticky_session
  sticky_session_force method lock recover_time error_escalation_time max_reply_timeouts session_cookie session_path
  set_session_cookie session_cookie_path lbfactor distance route domain redirect activation css read_only user
  user_case_insensitive good bad prefix ns xmlns doctype cachesize cache_timeout recycle_timeout balanced_workers jvm_route
  disabled stopped local_worker local_worker_only sysprops stderr stdout mx ms class_path bridge jvm_lib ld_path cmd_line
  native_lib`.split(/\s+/)

const lists = ['list', 'balance_workers', 'mount', 'user', 'good', 'bad', 'fail_on_status']

/** A value that is not the default, and what becomes of it. */
function sample(kind: ValueKind): readonly [written: string, read: unknown] {
  switch (kind.is) {
    case 'boolean':
      return ['1', true]
    case 'integer':
      return ['7', 7]
    case 'letter':
      return [kind.words[1]!, kind.values[1]]
    case 'statuses':
      return ['503', [503]]
    case 'names':
      return ['a,b', ['a', 'b']]
    case 'letters':
      return [kind.known.toLowerCase(), kind.known]
    case 'host':
    case 'text':
      return ['text', 'text']
  }
}

function typeOf({ on }: WorkerDirective): string {
  return on.includes('http') ? 'http' : on[0]!
}

describe('the table of directives', () => {
  test('has every directive of mod_jk, and clowder’s own', () => {
    const own = workerDirectives.filter(({ clowder }) => clowder).map(({ name }) => name)
    assert.deepEqual(own, [
      'allow_replay',
      'max_header_count',
      'answer_gap_timeout',
      'names_delete_and_propfind',
      'strict_truncation',
      'persist',
    ])
    assert.deepEqual([...new Set(workerDirectives.map(({ name }) => name))].toSorted(), [...known, ...own].toSorted())
  })

  test('has one row of a name for each type of worker', () => {
    const seen = new Set<string>()
    for (const { name, on } of workerDirectives) {
      for (const type of on) {
        assert.ok(!seen.has(`${name} ${type}`), `${name} twice for ${type}`)
        seen.add(`${name} ${type}`)
      }
    }
  })

  test('marks as lists what mod_jk concatenates', () => {
    const marked = workerDirectives.filter(({ list }) => list).map(({ name }) => name)
    assert.deepEqual(marked.toSorted(), lists.toSorted())
  })

  test('says why a directive can have no effect', () => {
    for (const { name, effect, note } of workerDirectives) {
      if (effect === 'never' || effect === 'moot') assert.ok(note, name)
    }
  })

  test('is on the reference page row by row, with default, unit and source', () => {
    const page = referencePages()['workers-properties.md']!
    const lines = page.split('\n').map((line) => line.split(' | '))
    for (const { name, on, default: preset, unit, list, clowder } of workerDirectives) {
      assert.notEqual(preset, '', `${name} has no default`)
      const isTime = /(?:timeout|interval|_time)$/.test(name) && name !== 'max_reply_timeouts'
      if (isTime && !['recycle_timeout', 'cache_timeout'].includes(name)) assert.ok(unit, `${name} has no unit`)
      const types = on.length === 5 ? 'all' : on.join(', ')
      const found = lines.filter(([first = '', , third, fourth = '', fifth]) => {
        return (
          first === `| \`${name}\`${list ? ' (list)' : ''}` &&
          third === preset &&
          fourth === (unit ?? '') &&
          fifth === types
        )
      })
      assert.equal(found.length, 1, `${name} of ${types}`)
      assert.equal(found[0]![6], clowder ? 'clowder' : 'mod_jk')
    }
  })

  const general = workerDirectives.filter(({ special, on }) => !special && !on.includes('global'))
  for (const row of general) {
    const type = typeOf(row)
    test(`${row.name} of ${type}: ${row.effect}${row.option === undefined ? '' : ` on ${row.option}`}`, async () => {
      const [written, read] = sample(row.kind)
      const text = `worker.list=w\nworker.w.type=${type}\nworker.w.balance_workers=m\nworker.m.type=http\nworker.w.${row.name}=${written}\n`
      const { options, complaints } = await loadBalancerConfiguration(
        'workers.properties',
        memoryFiles({ 'workers.properties': text }),
      )
      const said = complaints.filter(({ directive }) => directive === `worker.w.${row.name}`).map(({ code }) => code)
      const worker = options?.workers.w as Record<string, unknown> | undefined
      switch (row.effect) {
        case 'acts':
          assert.ok(row.option, 'has an option')
          assert.deepEqual(worker?.[row.option], row.unit === 's' ? 7000 : read)
          assert.deepEqual(said, [])
          break
        case 'later':
          assert.deepEqual(said, ['CONFIG_DIRECTIVE_LATER'])
          break
        case 'never':
          assert.deepEqual(said, ['CONFIG_DIRECTIVE_NO_EFFECT'])
          break
        case 'moot':
          assert.deepEqual(said, [])
      }
      const filled = Object.keys(worker ?? {}).filter((key) => key !== 'type' && key !== 'balanceWorkers')
      assert.deepEqual(filled, row.option === undefined ? [] : [row.option])
    })
  }
})
