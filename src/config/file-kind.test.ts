import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { detectKind, type FileKind } from './file-kind.ts'

describe('detectKind', () => {
  const rows: readonly (readonly [rule: string, path: string, text: string, kind: FileKind])[] = [
    ['*.conf is httpd', '/etc/jk.conf', 'worker.list=a', 'httpd'],
    ['*.xml is server.xml', 'x/server.xml', '', 'server-xml'],
    ['*.yaml', 'clowder.yaml', '', 'yaml'],
    ['case of the ending', 'JK.CONF', '', 'httpd'],
    ['*.properties with workers', 'a.properties', '# x\n  worker.list = a', 'workers'],
    ['*.properties with mounts', 'a.properties', 'x=1\n!/a/*=lb', 'mounts'],
    ['*.properties with both', 'a.properties', '/a=lb\nworker.list=a', 'workers'],
    ['*.properties without anything', 'a.properties', '', 'workers'],
    ['an element', 'server', '\uFEFF  <Server>', 'server-xml'],
    ['a declaration', 'server', '<?xml version="1.0"?>', 'server-xml'],
    ['a section of httpd', 'jk', '<IfModule jk_module>', 'httpd'],
    ['workers by their text', 'workers.properties.bak', 'worker.a.port=1', 'workers'],
    ['anything else is httpd', 'jk', 'JkMount /* lb', 'httpd'],
  ]
  for (const [rule, path, text, kind] of rows) test(rule, () => assert.equal(detectKind(path, text), kind))
})
