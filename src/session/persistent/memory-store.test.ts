/** The tests' own store does what real ones do. */
import { systemClock } from '../../clock/clock.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { storeCases } from './store.cases.ts'

storeCases(() => Promise.resolve(new MemoryStore(systemClock)))
