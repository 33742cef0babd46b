/**
 * The secret of AJP on the command line. It is no argument, because `ps` shows those to everybody, but a variable of the
 * environment, which only the same user can read.
 */

export const SECRET_VARIABLE = 'CLOWDER_AJP_SECRET'

export type Environment = Record<string, string | undefined>

/** Reads the secret and removes it: neither the app nor a program that it starts shall inherit it. */
export function takeSecret(env: Environment): string | undefined {
  const secret = env[SECRET_VARIABLE]
  delete env[SECRET_VARIABLE]
  return secret === '' ? undefined : secret
}
