/**
 * What the compiler knows of a session whose attributes have types, and what it refuses. The functions below are compiled
 * (`tsc` fails where an expected error does not come) and run, so that types and values are of the same code.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BackupManager,
  createSessionManager,
  DeltaManager,
  type Session,
  type SessionEvent,
  type SessionManager,
  UserIndex,
  type Visit,
} from './index.ts'

// An interface on purpose: unlike a type alias it is no Record<string, unknown>.
interface Cart {
  items: string[]
  total: number
  userId?: string
}

/** Fails to compile unless both are the same type. */
function isOfType<Expected>() {
  return <Actual>(value: Actual, ..._same: Same<Actual, Expected> extends true ? [] : [never]): Actual => value
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

test('attributes of a typed manager have their types, from visit to session', async () => {
  const manager = createSessionManager<Cart>({ name: 'shop' })
  await manager.start()
  const visit = isOfType<Visit<Cart>>()(manager.visit())
  visit.set('items', ['tea'])
  visit.set('total', 3)
  visit.set('userId', 'ann')
  // @ts-expect-error: a total is a number
  const wrongValue = () => visit.set('total', '3')
  // @ts-expect-error: a cart has no such attribute
  const wrongName = () => visit.set('totl', 3)
  // @ts-expect-error: nor can it be read, or removed
  const wrongRead = () => [visit.get('totl'), visit.delete('itms')]
  assert.deepEqual([wrongValue, wrongName, wrongRead].map(typeOf), ['function', 'function', 'function'])
  isOfType<string[] | undefined>()(visit.get('items'))?.push('cups')
  void visit.commit()
  const found = isOfType<Session<Cart> | undefined>()(manager.find(visit.key))
  assert.deepEqual(isOfType<string[] | undefined>()(found?.get('items')), ['tea', 'cups'])
  assert.equal(isOfType<number | undefined>()(found?.get('total')), 3)
  const loaded = isOfType<Session<Cart> | undefined>()(await manager.load(visit.key))
  assert.equal(loaded, found)
  const created = isOfType<Session<Cart>>()(manager.create())
  assert.equal(isOfType<string | undefined>()(created.get('userId')), undefined)
  for (const session of manager.sessions()) isOfType<Session<Cart>>()(session)
  const [own] = isOfType<Session<Cart>[]>()(await new UserIndex(manager).of('ann'))
  assert.equal(own?.get('total'), 3)
  await manager.stop()
})

test('listeners of a typed manager hear of typed sessions', async () => {
  const totals: (number | undefined)[] = []
  const manager = createSessionManager<Cart>({ name: 'shop' })
  const listener = (event: SessionEvent<Cart>): void => {
    if (event.type === 'created') totals.push(event.session.get('total'))
  }
  manager.on(listener)
  const visit = manager.visit()
  visit.set('total', 5)
  void visit.commit()
  manager.off(listener)
  assert.deepEqual(totals, [5])
  await manager.stop()
})

test('without a type every name goes, and values are unknown', async () => {
  const manager = isOfType<SessionManager>()(createSessionManager({ name: 'shop' }))
  const visit = isOfType<Visit>()(manager.visit())
  const name: string = ['any', 'name'].join(' ')
  visit.set(name, 1)
  assert.equal(isOfType<unknown>()(visit.get(name)), 1)
  assert.equal(isOfType<unknown>()(visit.session?.get('other')), undefined)
  await manager.stop()
})

test('what takes any manager takes a typed one, and what needs a type refuses one without', async () => {
  const typed: SessionManager<Cart> = new DeltaManager<Cart>({ name: 'shop' })
  const backup = new BackupManager<Cart>({ name: 'shop' })
  const any: readonly SessionManager<object>[] = [typed, backup, createSessionManager({ name: 'shop' })]
  const visit = typed.visit()
  visit.set('total', 1)
  void visit.commit()
  // A session may be committed and ended by who does not know what it holds.
  void any[0]!.destroy(visit.session!)
  assert.equal(typed.find(visit.key), undefined)
  // @ts-expect-error: it may hold anything
  const refused: SessionManager<Cart> = any[2]!
  assert.ok(refused)
  await Promise.all(any.map((manager) => manager.stop()))
})

function typeOf(value: unknown): string {
  return typeof value
}
