/** Request lines: methods, paths, queries, hosts, versions. */
import type { Case } from '../case.ts'

const methods: readonly Case[] = [
  { name: 'GET' },
  { name: 'HEAD', method: 'HEAD', answer: 'header Content-Type: text/plain | text not for HEAD' },
  { name: 'HEAD of a page of unknown length', method: 'HEAD', answer: 'bytes 20000' },
  { name: 'POST without a body', method: 'POST', fields: ['Content-Length: 0'], answer: 'read' },
  { name: 'PUT', method: 'PUT', body: { bytes: 100, framing: 'length' }, answer: 'read | status 201' },
  { name: 'DELETE', method: 'DELETE', answer: 'status 204' },
  { name: 'DELETE with a body', method: 'DELETE', body: { bytes: 10, framing: 'length' }, answer: 'read' },
  { name: 'GET with a body', method: 'GET', body: { bytes: 10, framing: 'length' }, answer: 'read' },
  { name: 'OPTIONS', method: 'OPTIONS', answer: 'header Allow: GET, OPTIONS' },
  { name: 'OPTIONS *', method: 'OPTIONS', target: '*' },
  { name: 'PATCH, which has no code', method: 'PATCH', body: { bytes: 5, framing: 'length' }, answer: 'read' },
  { name: 'TRACE', method: 'TRACE', fields: ['Cookie: secret=1'] },
  { name: 'CONNECT', method: 'CONNECT', target: 'shop.example:443' },
  { name: 'PROPFIND', method: 'PROPFIND', body: { bytes: 7, framing: 'chunked' }, answer: 'read | status 207' },
  { name: 'a method in lower case', method: 'get' },
  { name: 'a method of its own', method: 'PURR' },
]

const targets: readonly Case[] = [
  { name: 'UTF-8 percent-encoded path', target: '/probe/caf%C3%A9/%E7%8C%AB' },
  { name: 'percent-encoding in lower case', target: '/probe/caf%c3%a9' },
  { name: 'raw UTF-8 bytes in the path', target: '/probe/caf\u00c3\u00a9' },
  { name: 'Latin-1 percent-encoded path', target: '/probe/caf%E9' },
  { name: 'unreserved characters percent-encoded', target: '/probe/%7Euser/%41%2B%2D' },
  { name: 'reserved characters as they are', target: "/probe/~a-b_c.d+e!f*g'h(i)j,k:l@m&n=o$p" },
  { name: 'an encoded space and percent sign', target: '/probe/a%20b%25c' },
  { name: 'an encoded semicolon', target: '/probe/a%3Bb' },
  { name: 'an encoded question mark and hash', target: '/probe/a%3Fb%23c' },
  { name: 'a pipe, a quote, a caret and braces', target: '/probe/a|b"c^d{e}' },
  { name: '%2F', target: '/probe/a%2Fb' },
  { name: '%5C', target: '/probe/a%5Cb' },
  { name: '%00', target: '/probe/a%00b' },
  { name: 'a bad escape', target: '/probe/a%zzb' },
  { name: 'path parameters', target: '/probe/a;x=1/b;y=2;z' },
  { name: 'a session id in the path', target: '/probe/a;jsessionid=ABC.node1' },
  { name: 'double slashes', target: '/probe//a///b' },
  { name: 'dots', target: '/probe/x/../a/./b' },
  { name: 'encoded dots', target: '/probe/x/%2e%2e/a' },
  { name: 'dots above the root', target: '/../../probe/a' },
  { name: 'dots behind a path parameter', target: '/probe/x;y/../a' },
  { name: 'an empty query', target: '/probe/a?' },
  { name: 'a query with everything in it', target: '/probe/a?x=%C3%A9&y=a+b&&z=/?;%2F%zz' },
  { name: 'a long query', target: `/probe/a?q=${'x'.repeat(4_000)}` },
  { name: 'a target of 9000 bytes', target: `/probe/${'x'.repeat(9_000)}` },
  { name: 'the absolute form', target: 'http://shop.example/probe/a?b' },
  { name: 'the absolute form with another host', target: 'http://other.example/probe/a?b' },
  { name: 'the absolute form with a port', target: 'http://other.example:81/probe/a' },
  { name: 'nothing there', target: '/nowhere' },
]

const hosts: readonly Case[] = [
  { name: 'Host with a port', host: 'shop.example:8081' },
  { name: 'Host in capitals', host: 'SHOP.Example' },
  { name: 'Host is an IPv6 literal', host: '[::1]:8081' },
  { name: 'no Host with HTTP/1.0', host: null, version: 'HTTP/1.0' },
  { name: 'no Host with HTTP/1.1', host: null },
  { name: 'an empty Host', host: '' },
  { name: 'Host with an underscore', host: 'the_shop.example' },
  { name: 'HTTP/1.0', version: 'HTTP/1.0' },
  { name: 'HTTP/1.0 with keep-alive', version: 'HTTP/1.0', fields: ['Connection: keep-alive'] },
  { name: 'HTTP/1.0 and an answer of unknown length', version: 'HTTP/1.0', answer: 'bytes 20000' },
]

export const requestLines: readonly Case[] = [...methods, ...targets, ...hosts]
