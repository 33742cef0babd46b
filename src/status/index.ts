/**
 * jk-status: shows what a balancer is doing and changes it while it runs, in the words and formats of mod_jk, so that twenty
 * years of scripts go on working. It gets a request, a snapshot and a way to ask for edits, and returns an answer; it holds
 * no state of its own. What may be changed, and to what, is the balancer's business; who may ask is checked here.
 */
export { answerStatus, type StatusSource } from './answer-status.ts'
export { resolveOptions, type StatusOptions } from './options.ts'
