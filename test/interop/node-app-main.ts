/** The Node application as a process of its own, so that it can be killed: node-app.js FOLDER prints where it listens. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createConnector } from '../../src/connector/index.ts'
import { nodeApp } from './node-app.ts'
import { Notes } from './notes.ts'
import { ATTRIBUTES, SECRET, WIDE_PACKET } from './shop-tomcat.ts'

const notes = new Notes()
const app = nodeApp(notes, process.argv[2]!)
const common = { port: 0, allowedRequestAttributesPattern: ATTRIBUTES }
const open = createConnector(app, { ...common, secretRequired: false })
const closed = createConnector(app, { ...common, secret: SECRET, tomcatAuthentication: false })
await open.listen()
await closed.listen()
const wide = createConnector(app, { ...common, secretRequired: false, packetSize: WIDE_PACKET })
await wide.listen()
const control = createServer(notes.control)
await new Promise<void>((done) => control.listen(0, '127.0.0.1', done))
console.log(
  `listening ${JSON.stringify({
    controlPort: (control.address() as AddressInfo).port,
    ajpPort: open.address!.port,
    secretPort: closed.address!.port,
    widePort: wide.address!.port,
  })}`,
)
