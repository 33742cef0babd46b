/** What all fronts are told alike: routes of the members, and which paths go to workers of their own. */
export const ROUTES = { first: 'node1', tired: 'tired' } as const
/** `reply_timeout` of the worker under /probe/hasty: for answers that never end. */
export const HASTY_REPLY_MS = 1_000
