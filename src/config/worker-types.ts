/** The types of worker and what becomes of each; what other builds of mod_jk know. */

/** What `type=` can say. */
export type WorkerType = 'http' | 'https' | 'ajp13' | 'lb' | 'status'

/** What clowder makes of each type today. */
export const workerTypes: Readonly<Record<WorkerType, { readonly effect: 'acts' | 'later'; readonly note: string }>> = {
  http: { effect: 'acts', note: 'an HTTP/1.1 backend; clowder’s addition' },
  https: { effect: 'acts', note: 'an HTTP/1.1 backend over TLS; clowder’s addition' },
  ajp13: { effect: 'later', note: 'an AJP/1.3 backend, such as Tomcat' },
  lb: { effect: 'acts', note: 'a balancer over http, https and ajp13 workers' },
  status: { effect: 'acts', note: 'the status page' },
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
