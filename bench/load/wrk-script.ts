/**
 * Writes the Lua script that makes wrk send our exact bytes (wrk SCRIPTING). A group with one head stays static: wrk
 * formats the request once and Lua is not called again. A group with several is dynamic and costs the generator, not
 * the contestants, one Lua call per request.
 */
import type { LoadGroup } from './load.ts'

export function wrkScript(groups: readonly LoadGroup[]): string {
  const cycling = groups.some((group) => group.heads.length > 1)
  return `${[
    'local groups = {',
    ...groups.map((group) => `  { port = ${group.port}, heads = { ${group.heads.map(luaString).join(', ')} } },`),
    '}',
    'local started = 0',
    'function setup(thread)',
    '  started = started + 1',
    '  thread:set("group", (started - 1) % #groups + 1)',
    '  thread.addr = wrk.lookup("127.0.0.1", tostring(groups[(started - 1) % #groups + 1].port))[1]',
    'end',
    'function wrk.format() return groups[group or 1].heads[1] end',
    ...(cycling
      ? [
          'local at = 0',
          'function request()',
          '  local heads = groups[group or 1].heads',
          '  at = at % #heads + 1',
          '  return heads[at]',
          'end',
        ]
      : []),
    'function done(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format("\\nbench requests=%d duration_us=%d bytes=%d errors=%d p50_us=%d p99_us=%d\\n",',
    '    summary.requests, summary.duration, summary.bytes, e.connect + e.read + e.write + e.timeout + e.status,',
    '    latency:percentile(50), latency:percentile(99)))',
    'end',
  ].join('\n')}\n`
}

/** A Lua literal; control characters and everything beyond ASCII as decimal escapes (Lua 5.1 manual, 2.1). */
export function luaString(text: string): string {
  let literal = '"'
  for (const byte of Buffer.from(text, 'utf8')) {
    if (byte === 0x22 || byte === 0x5c) literal += `\\${String.fromCharCode(byte)}`
    else if (byte < 0x20 || byte > 0x7e) literal += `\\${String(byte).padStart(3, '0')}`
    else literal += String.fromCharCode(byte)
  }
  return `${literal}"`
}
