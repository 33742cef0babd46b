import { TcpTransport } from './tcp.ts'
import { transportCases } from './transport.cases.ts'

transportCases('tcp', () => ({
  create: (options) => new TcpTransport(options),
  kill: (node) => node.transport.close(0),
}))
