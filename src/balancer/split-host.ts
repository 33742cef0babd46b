/** The authority a client asked for as a name and a port; `[::1]` keeps its brackets. Port 0 is none. */
export function splitHost(host: string): { readonly name: string; readonly port: number | undefined } {
  const colon = host.indexOf(':', host.lastIndexOf(']') + 1)
  if (colon === -1) return { name: host, port: undefined }
  const port = Number(host.slice(colon + 1))
  return { name: host.slice(0, colon), port: port > 0 && port <= 0xffff ? port : undefined }
}
