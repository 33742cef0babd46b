/**
 * jk-status: shows what a balancer is doing, in the words and formats of mod_jk, so that twenty years of scripts go on
 * working. It gets a snapshot and a request and returns an answer; it holds no state, asks nobody and changes nothing.
 * As yet it reads (`list`, `show`, `version` as HTML and text); commands that change something are refused.
 */
export type { StatusOptions } from './options.ts'
export { resolveOptions } from './options.ts'
export type { StatusAnswer, StatusRequest } from './render-status.ts'
export { renderStatus } from './render-status.ts'
