/** The web application inside a private Tomcat: JSPs that answer what the small backend and the sample app answer. */

const NO_SESSION = '<%@ page contentType="text/plain" session="false" trimDirectiveWhitespaces="true" %>'
const WITH_SESSION = '<%@ page contentType="text/plain" session="true" trimDirectiveWhitespaces="true" %>'

/** Page name, which is also its path, to JSP. */
export function tomcatPages(route: string): Map<string, string> {
  return new Map([
    ['small', `${NO_SESSION}<% out.print("ok\\n"); %>`],
    ['plain', `${NO_SESSION}<% out.print("ok\\n"); %>`],
    ['member', `${NO_SESSION}<% out.print("${route}\\n"); %>`],
    [
      'echo',
      [
        `${NO_SESSION}<% java.util.Enumeration<String> names = request.getHeaderNames();`,
        'while (names.hasMoreElements()) {',
        'String name = names.nextElement(); out.print(name + ": " + request.getHeader(name) + "\\r\\n");',
        '}',
        'out.print("remote-address: " + request.getRemoteAddr() + "\\r\\n"); %>',
      ].join(' '),
    ],
    [
      'count',
      [
        `${WITH_SESSION}<% Integer n = (Integer) session.getAttribute("n");`,
        'n = n == null ? 1 : n + 1;',
        'session.setAttribute("n", n);',
        `out.print(n + " " + session.getId() + " ${route}\\n"); %>`,
      ].join(' '),
    ],
    [
      'read',
      [
        `${WITH_SESSION}<% Integer n = (Integer) session.getAttribute("n");`,
        `out.print(n + " " + session.getId() + " ${route}\\n"); %>`,
      ].join(' '),
    ],
  ])
}

/** Pages are compiled at start, under their bare names. */
export function webXml(distributable: boolean): string {
  const pages = [...tomcatPages('').keys()].map(
    (page) => `  <servlet>
    <servlet-name>${page}</servlet-name><jsp-file>/${page}.jsp</jsp-file><load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping><servlet-name>${page}</servlet-name><url-pattern>/${page}</url-pattern></servlet-mapping>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
${distributable ? '  <distributable/>\n' : ''}${pages.join('\n')}
</web-app>
`
}
