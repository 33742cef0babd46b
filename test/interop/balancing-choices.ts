/** mod_jk.md 4.1 to 4.5: whose session it is, and who stands in for a member that is out. */
import type { Scenario } from './balancing-scenario.ts'
import { PASSWORD } from './balancing-stage.ts'

const credentials = (user: string) => ({ authorization: `Basic ${btoa(`${user}:${PASSWORD}`)}` })

export const CHOICES: readonly Scenario[] = [
  {
    rule: '4.1: ids in the path: where they are found, and when they hide the cookie',
    // Whoever is not led to b by a session gets a, which is nearer.
    members: { a: '', b: 'distance=1' },
    play: async ({ get }) => {
      const rows: readonly (readonly [path: string, cookie?: string])[] = [
        ['/LB/x;jsessionid=1.(b)'],
        ['/LB;jsessionid=1.(b)/x'],
        ['/LB/x;v=1;jsessionid=1.(b);w=2'],
        ['/LB/x%3Bjsessionid=1.(b)'],
        ['/LB/x;jsessionid=1.(b);jsessionid=1.(a)', 'JSESSIONID=1.(a)'],
        ['/LB/x;jsessionid=1', 'JSESSIONID=1.(b)'],
        ['/LB/x;jsessionid=1.nobody', 'JSESSIONID=1.(b)'],
        ['/LB/x;jsessionid=/y', 'JSESSIONID=1.(b)'],
        ['/LB/x;jsessionid=;z=1', 'JSESSIONID=1.(b)'],
        ['/LB/x;jsessionid=', 'JSESSIONID=1.(b)'],
        ['/LB/x;jsessionid', 'JSESSIONID=1.(b)'],
        ['/LB/x;JSESSIONID=1.(b)'],
        ['/LB/x?jsessionid=1.(b)'],
      ]
      let members = ''
      for (const [path, cookie] of rows) members += (await get(path, cookie === undefined ? {} : { cookie })).text
      return [members]
    },
    expected: ['bbbbb aaaa bb aa'.replaceAll(' ', '')],
  },
  {
    rule: '4.1: ids in cookies: which ones are seen, and where they end',
    members: { a: '', b: 'distance=1' },
    play: async ({ ask }) => {
      const seen = [
        'JSESSIONID=1.(b)',
        'JSESSIONID =1.(b)',
        'JSESSIONID= 1.(b)',
        'JSESSIONID="1.(b)"',
        'JSESSIONID=; JSESSIONID=1.(b)',
        'x=1,JSESSIONID=1.(b),y=2',
      ]
      const unseen = [
        'XJSESSIONID=1.(b)',
        'JSESSIONIDX=1.(b)',
        'x=JSESSIONID=1.(b)',
        'JSESSIONID=1.(b) ; x=1',
        'x="; JSESSIONID=1.(b)"',
        'jsessionid=1.(b)',
        'JSESSIONID=(b)',
      ]
      let members = ''
      for (const cookie of [...seen, ...unseen]) members += await ask({ cookie })
      return [members]
    },
    expected: ['bbbbbbaaaaaaa'],
  },
  {
    rule: '10.1 no. 2: sticky; stopped: another; with a redirect: the one it names, though disabled',
    members: { a: '', b: '', c: 'activation=d' },
    play: async ({ askTimes, update, all, shown }) => [
      await askTimes(4, { of: 'b' }),
      await update('vwa=2', 'b'),
      await askTimes(2, { of: 'b' }),
      await update(`vwr=${(await shown('c', 'route')) ?? ''}`, 'b'),
      await askTimes(2, { of: 'b' }),
      await all('errors'),
    ],
    expected: ['bbbb', 'OK', 'aa', 'OK', 'cc', '0 0 0'],
  },
  {
    rule: '4.5: the domain of a route leads to its other members, never to a disabled one',
    members: { a: 'domain=east', b: 'domain=west activation=d', c: 'domain=west', d: 'domain=west' },
    play: async ({ askTimes, ask, update }) => [
      await askTimes(4, { cookie: 'JSESSIONID=x.west.gone' }),
      await update('vwa=2', 'c'),
      await ask({ of: 'c' }),
      await ask({ cookie: 'JSESSIONID=x.east' }),
    ],
    expected: ['cdcd', 'OK', 'd', 'a'],
  },
  {
    rule: '4.5: sticky_session_force: unknown route 503, no route 503, a disabled member serves, a stopped one 503',
    members: { a: '', b: 'activation=d', c: 'activation=s redirect=(a)' },
    lb: 'sticky_session_force=true',
    play: async ({ ask }) => [
      await ask({ cookie: 'JSESSIONID=x.nobody' }),
      await ask({ cookie: 'JSESSIONID=x' }),
      await ask({ of: 'b' }),
      await ask({ of: 'c' }),
      await ask(),
    ],
    expected: ['503', '503', 'b', '503', 'a'],
  },
  {
    rule: '4.2: of several cookies the first with a known route counts',
    members: { a: '', b: '' },
    play: async ({ askTimes }) => [
      await askTimes(3, { cookie: 'JSESSIONID=1.nobody; JSESSIONID=2; JSESSIONID=3.(b)' }),
    ],
    expected: ['bbb'],
  },
  {
    rule: '10.1 no. 8: whatever is mapped as a path is guarded as that path',
    members: { a: '' },
    play: async ({ get }) => {
      const paths = ['/guarded', '/guarded;x', '//guarded', '/a/..;/guarded', '/%67uarded', '/LB/..;/guarded', '/..;/x']
      const statuses: string[] = []
      for (const path of paths) statuses.push(String((await get(path)).status))
      return statuses
    },
    expected: ['403', '403', '403', '403', '403', '403', '400'],
  },
  {
    rule: '10.1 no. 9: an update of all members by a pattern; a user who is not listed gets 200 and no access',
    members: { a: '', b: '' },
    play: async ({ update, all, get }) => {
      const asked = async (user?: string) => {
        const { status, text } = await get('/users?cmd=version&mime=txt', user === undefined ? {} : credentials(user))
        return `${status} ${/^Result: (.*)$/m.exec(text)?.[1] ?? ''}`.trim()
      }
      return [
        await update('sw=LB*&vwa=d'),
        await all('activation'),
        await asked(),
        await asked('bob'),
        await asked('admin'),
      ]
    },
    expected: [
      'OK',
      'DIS DIS',
      '401',
      '200 type=ERROR message="Access denied."',
      '200 type=OK message="Action finished"',
    ],
  },
  {
    rule: '4.3: set_session_cookie: a cookie of the member that answers, unless the session has led there',
    members: { a: '', b: '' },
    lb: 'set_session_cookie=true',
    play: async ({ get, shown, backends }) => {
      const letters = new Map([
        [await shown('a', 'route'), 'a'],
        [await shown('b', 'route'), 'b'],
      ])
      const cookies = async (cookie = '') => {
        const { headers, text } = await get('/LB/', cookie === '' ? {} : { cookie })
        const lines = (headers['set-cookie'] as string[] | undefined) ?? []
        return [text, ...lines.map((line) => line.replace(/lb\d+./, (route) => `(${letters.get(route)})`))].join(' ')
      }
      const free = [await cookies(), await cookies('JSESSIONID=x.nobody'), await cookies('JSESSIONID=x.(b)')]
      backends.a!.manner = 'closes'
      return [...free, await cookies('JSESSIONID=x.(a)')]
    },
    expected: [
      'a JSESSIONID=.(a);PATH=/;HttpOnly',
      'b JSESSIONID=.(b);PATH=/;HttpOnly',
      'b',
      'b JSESSIONID=.(b);PATH=/;HttpOnly',
    ],
  },
  {
    rule: '4.2: behind a member that fails, the next cookie counts',
    members: { a: '', b: '', c: '' },
    play: async ({ ask, backends }) => {
      await backends.c!.refuse()
      const cookie = 'JSESSIONID=1.(c); JSESSIONID=2.(b)'
      return [await ask({ cookie }), await ask({ cookie })]
    },
    expected: ['b', 'b'],
    modJk: ['a', 'b'],
    why: 'all cookies, always (10, quirk 2)',
  },
  {
    rule: '4.4: a hot standby: disabled, and the redirect of the other',
    members: { a: 'redirect=(b)', b: 'activation=d' },
    play: async ({ ask, askTimes, backends }) => {
      const before = await askTimes(2)
      await backends.a!.refuse()
      backends.a!.disconnect()
      return [before, await ask(), await ask()]
    },
    expected: ['aa', 'b', 'b'],
  },
  {
    rule: '4.4: an only member: its sessions while it is disabled, nothing while it is stopped, and never a cookie',
    members: { a: '' },
    lb: 'set_session_cookie=true',
    play: async ({ ask, get, update }) => [
      String((await get('/LB/')).headers['set-cookie']),
      await ask({ cookie: 'JSESSIONID=1.nobody' }),
      await update('vwa=1', 'a'),
      await ask(),
      await ask({ of: 'a' }),
      await update('vwa=2', 'a'),
      await ask({ of: 'a' }),
    ],
    expected: ['undefined', 'a', 'OK', '503', 'a', 'OK', '503'],
  },
  {
    rule: '4.4: a rule that stops or disables a member for its requests',
    members: { a: '', b: '', c: '' },
    extensions: ';stopped=(a);disabled=(b)',
    play: async ({ askTimes }) => [await askTimes(2), await askTimes(2, { of: 'b' }), await askTimes(2, { of: 'a' })],
    expected: ['cc', 'bb', 'cc'],
  },
  {
    rule: '4.5: a redirect that is stopped: balanced',
    members: { a: '', b: 'activation=s redirect=(c)', c: 'activation=s' },
    play: async ({ askTimes }) => [await askTimes(2, { of: 'b' })],
    expected: ['aa'],
  },
  {
    rule: '4.5: a redirect goes before the domain',
    members: { a: 'domain=east', b: 'domain=east activation=s redirect=(c)', c: 'activation=d' },
    play: async ({ askTimes }) => [await askTimes(2, { of: 'b' })],
    expected: ['cc'],
  },
  {
    rule: '4.5: a domain with a dot in it never matches',
    members: { a: '', b: 'domain=e.f activation=s', c: 'domain=e.f distance=1' },
    play: async ({ ask }) => [await ask({ of: 'b' }), await ask({ cookie: 'JSESSIONID=1.e.f' })],
    expected: ['a', 'a'],
  },
  {
    rule: '10, quirk 29: the route that a member is told which was found by its domain',
    members: { a: '', b: 'domain=east' },
    play: async ({ ask, shown, backends }) => {
      const member = await ask({ cookie: 'JSESSIONID=x.east' })
      return [member, backends.b!.route === (await shown('b', 'route')) ? 'its own' : 'another']
    },
    expected: ['b', 'its own'],
    modJk: ['b', 'another'],
    why: 'mod_jk sends what lies in its memory',
  },
  {
    rule: '4.5: a disabled member is told that it is, while it serves its sessions; a rule counts as well',
    members: { a: '', b: 'activation=d', c: '' },
    extensions: ';disabled=(c)',
    play: async ({ askTimes, backends }) => {
      let members = ''
      for (const of of ['a', 'b', 'c']) members += await askTimes(1, { of })
      return [members, ...Object.values(backends).map(({ activation }) => activation)]
    },
    expected: ['abc', 'ACT', 'DIS', 'DIS'],
  },
  {
    rule: '4.3: a cookie for each member that failed, and one for that which answers',
    members: { a: '', b: '', c: '' },
    lb: 'set_session_cookie=true session_cookie=SID session_cookie_path=/app',
    play: async ({ get, shown, backends }) => {
      backends.a!.manner = 'closes'
      backends.b!.manner = 'closes'
      const routes = await Promise.all(['a', 'b', 'c'].map((letter) => shown(letter, 'route')))
      const { headers, text } = await get('/LB/')
      const lines = (headers['set-cookie'] as string[] | undefined) ?? []
      return [text, ...lines.map((line) => routes.reduce((all, route, at) => all.replace(route, 'abc'[at]!), line))]
    },
    expected: ['c', 'SID=.c;PATH=/app;HttpOnly'],
    modJk: ['c', 'SID=.a;PATH=/app;HttpOnly', 'SID=.b;PATH=/app;HttpOnly', 'SID=.c;PATH=/app;HttpOnly'],
    why: 'the last of three lines would win by luck',
  },
]
