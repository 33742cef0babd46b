import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pageUrl } from './read-page.ts'

describe('where a page is', () => {
  const rows: [what: string, place: string, url: string][] = [
    ['a port alone is one of this machine', '8080', 'http://127.0.0.1:8080/page'],
    ['the smallest port', '1', 'http://127.0.0.1:1/page'],
    ['the port that a URL leaves out', '80', 'http://127.0.0.1/page'],
    ['the greatest port', '65535', 'http://127.0.0.1:65535/page'],
    ['a port and a path', '8080/manager', 'http://127.0.0.1:8080/manager'],
    ['a port and a slash', '8080/', 'http://127.0.0.1:8080/page'],
    ['a port and a query', '8080?x=1', 'http://127.0.0.1:8080/page?x=1'],
    ['an address', '127.0.0.1:8080', 'http://127.0.0.1:8080/page'],
    ['an address of IPv6', '[::1]:8080', 'http://[::1]:8080/page'],
    ['a name', 'lb.example', 'http://lb.example/page'],
    ['a name that begins with digits', '8080.example', 'http://8080.example/page'],
    ['a URL', 'https://lb.example/manager', 'https://lb.example/manager'],
    ['a URL is taken as it is written', 'http://8080', 'http://0.0.31.144/page'],
  ]
  for (const [what, place, url] of rows) test(what, () => assert.equal(pageUrl(place, '/page').href, url))

  const bad: [what: string, place: string, message: RegExp][] = [
    ['no port has this number', '65536', /65536 is not a port/],
    ['nobody answers at port 0', '0', /0 is not a port/],
    ['a number too long for a port', '2130706433', /2130706433 is not a port/],
    ['another protocol', 'ftp://lb.example', /not a URL of http or https/],
    ['no URL', 'http://', /not a URL/],
    ['nothing', '', /not a URL/],
  ]
  for (const [what, place, message] of bad) {
    test(`refused: ${what}`, () => assert.throws(() => pageUrl(place, '/page'), { code: 'CLI_USAGE', message }))
  }
})
