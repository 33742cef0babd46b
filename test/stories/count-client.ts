/**
 * A visitor as a program, for nodes that the test process cannot reach itself:
 *
 *   count-client.js HOST PORT VISITS [MEMORY]    visits, then prints what it remembers
 */
import { Visitor } from './visitor.ts'

const [host = '', port, visits, memory] = process.argv.slice(2)
const visitor = new Visitor(Number(port), { host }, memory === undefined ? undefined : JSON.parse(memory))
for (let visit = 0; visit < Number(visits); visit++) await visitor.visit()
console.log(JSON.stringify(visitor.memory))
