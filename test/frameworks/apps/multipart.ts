/** Uploaded files in a form that can be compared. */
import { digest } from '../journal.ts'

interface UploadedFile {
  readonly fieldname: string
  readonly originalname: string
  readonly mimetype: string
  readonly buffer: Uint8Array
}

export function describeFiles(files: readonly UploadedFile[]): string[] {
  return files.map(({ fieldname, originalname, mimetype, buffer }) =>
    [fieldname, originalname, mimetype, digest(buffer)].join(' | '),
  )
}
