/** The types of worker; what other builds of mod_jk know. */

/** What `type=` can say. */
export type WorkerType = 'http' | 'https' | 'ajp13' | 'lb' | 'status'

/** What each type is. */
export const workerTypes: Readonly<Record<WorkerType, string>> = {
  http: 'an HTTP/1.1 backend; clowder’s addition',
  https: 'an HTTP/1.1 backend over TLS; clowder’s addition',
  ajp13: 'an AJP/1.3 backend, such as Tomcat',
  lb: 'a balancer over http, https and ajp13 workers',
  status: 'the status page',
}

/** Types that mod_jk knows or knew, and that are refused. */
export const refusedTypes: Readonly<Record<string, string>> = {
  ajp12: 'a protocol of the last century; use ajp13',
  ajp14: 'experimental, to be removed from mod_jk; use ajp13',
  jni: 'gone from mod_jk; use ajp13 or http',
}

/** Names that other builds of mod_jk know, with what to say about them. */
export const foreignDirectives: Readonly<Record<string, string>> = {
  max_reuse_connections: 'only the mod_jk of Adobe ColdFusion knows it; remove the line',
}

export function isWorkerType(value: string): value is WorkerType {
  return Object.hasOwn(workerTypes, value)
}
