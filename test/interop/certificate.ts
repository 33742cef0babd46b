/** Self-made certificates for one run: of the server, and of a client that shows one. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Folder } from '../kit/folder.ts'
import { peer } from '../kit/peers.ts'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  readonly cert: string
  readonly key: string
}

/** `serial` in hexadecimal, lower case, as `BigInteger.toString(16)` prints it. */
export async function makeCertificate(folder: Folder, name: string, serial: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(folder.path, `${name}.pem`), join(folder.path, `${name}.key`)]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const what = ['-subj', `/CN=${name}`, '-set_serial', `0x${serial}`, '-out', certFile, '-keyout', keyFile]
  await promisify(execFile)(peer('openssl'), ['req', ...kind, ...what])
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}
