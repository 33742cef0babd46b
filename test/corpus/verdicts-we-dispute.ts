/** Verdicts of the corpus that we hold to be wrong, each with the reason. */

export const disputedRequests: ReadonlyMap<string, string> = new Map([])

export const disputedResponses: ReadonlyMap<string, string> = new Map([])
