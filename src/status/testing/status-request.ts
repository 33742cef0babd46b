/** A request on a status worker, as a script sends it. */
import type { StatusRequest } from '../../balancer/serve-status.ts'

export function statusRequest(
  given: Partial<StatusRequest> & { readonly fields?: Readonly<Record<string, string>> },
): StatusRequest {
  const { fields = {}, ...rest } = given
  return {
    worker: 'jkstatus',
    method: 'GET',
    path: '/jkstatus',
    query: '',
    host: 'www.example.com',
    encrypted: false,
    localPort: 80,
    remoteAddress: '127.0.0.1',
    user: undefined,
    field: (name) => fields[name],
    ...rest,
  }
}
