/**
 * The sample app of `clowder up`: counts the requests of a session, so that one can see sessions survive.
 *
 *   GET /        a page to look at; counts
 *   GET /count   `<n> <session id> <route>\n`; counts
 *   GET /plain   `ok\n`, without a session
 */
