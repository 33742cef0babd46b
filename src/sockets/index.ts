/**
 * What balancer and connector both do with sockets that a server has accepted, and Node does not offer. It knows no protocol
 * and keeps no state. Where a version of Node is not what is known here, it says so and leaves the socket as it was.
 */
export { readInto } from './read-into.ts'
