/** A request and a response as browsers and containers send them, 12 and 8 headers, for benches and tests. */
import { NO_ATTRIBUTES, type RequestToForward } from '../forward-request.ts'
import type { ResponseToSend } from '../send-headers.ts'

const HEAD = `Host: www.example.com
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
Accept-Language: en-US,en;q=0.5
Accept-Encoding: gzip, deflate, br
Referer: https://www.example.com/app/index.html
Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1; theme=dark; consent=1
Upgrade-Insecure-Requests: 1
Sec-Fetch-Dest: document
Sec-Fetch-Mode: navigate
Cache-Control: max-age=0
Content-Length: 0
`

const ANSWER = `Content-Type: text/html;charset=UTF-8
Content-Length: 5120
Date: Sun, 06 Nov 1994 08:49:37 GMT
Set-Cookie: JSESSIONID=0123456789ABCDEF0123456789ABCDEF.node1; Path=/app; HttpOnly
Cache-Control: no-cache, no-store, must-revalidate
ETag: "5120-1700000000000"
Vary: Accept-Encoding
X-Frame-Options: SAMEORIGIN
`

/** Slices of one text, as a parser makes them: reading those costs more than reading texts of their own. */
function parse(text: string): string[] {
  const flat = Buffer.from(text, 'latin1').toString('latin1')
  const headers: string[] = []
  for (let at = 0; at < flat.length; ) {
    const colon = flat.indexOf(':', at)
    const end = flat.indexOf('\n', colon)
    headers.push(flat.slice(at, colon), flat.slice(colon + 2, end))
    at = end + 1
  }
  return headers
}

export const typicalRequest: RequestToForward = {
  method: 'GET',
  protocol: 'HTTP/1.1',
  uri: '/app/catalogue/item',
  queryString: 'id=4711&lang=en',
  remoteAddr: '203.0.113.7',
  remoteHost: null,
  serverName: 'www.example.com',
  serverPort: 80,
  isSsl: false,
  headers: parse(HEAD),
  attributes: {
    ...NO_ATTRIBUTES,
    jvmRoute: 'node1',
    secret: 'RIGHTSECRET',
    named: ['AJP_REMOTE_PORT', '51234', 'AJP_LOCAL_ADDR', '192.0.2.10', 'JK_LB_ACTIVATION', 'ACT'],
  },
}

export const typicalResponse: ResponseToSend = { status: 200, message: 'OK', headers: parse(ANSWER) }
