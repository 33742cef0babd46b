/** Where the corpus of hostile messages lies, and how it is read. It stands beside the project and may be absent. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './project-root.ts'

const CORPUS = join(projectRoot(), '../shared/corpus/http')

/** A reason to skip, or false: what node:test wants for `skip`. */
export function missing(file: string): string | false {
  return existsSync(join(CORPUS, file)) ? false : `../shared/corpus/http/${file} is not there`
}

export interface RequestVector {
  readonly name: string
  readonly raw: string
  readonly expected: 'accept' | 'reject' | 'normalise'
  readonly why: string
  readonly backend_requests?: number
  readonly backend_must_contain?: readonly string[]
  readonly backend_must_not_contain?: readonly string[]
  readonly smuggled_path?: string
  readonly rfc_alternative?: string
}

export interface ResponseVector {
  readonly name: string
  readonly method: string
  readonly raw: string
  readonly expected: 'accept' | 'reject' | 'normalise'
  readonly why: string
  readonly client_status?: number
  readonly client_body?: string
  readonly client_body_also?: string
  readonly client_headers?: Readonly<Record<string, readonly string[]>>
  readonly client_must_not_contain?: readonly string[]
  /** Never a complete answer. */
  readonly close?: boolean
  /** The backend connection takes no further request. */
  readonly no_reuse?: boolean
}

/** The lines of a JSON Lines file. `raw` holds one byte per character. */
export function readVectors<T>(file: string): T[] {
  if (missing(file) !== false) return []
  return readFileSync(join(CORPUS, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
