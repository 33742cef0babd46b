/** What the options of a layer of the program must be, beyond their types. */
import { ClusterError } from '../errors.ts'

/** @throws ClusterError CLUSTER_OPTIONS where a number that is given is below the least that the layer can work with */
export function checkLeast<Options extends { readonly [Name in keyof Options]?: unknown }>(
  layer: string,
  given: Options,
  least: { readonly [Name in keyof Options]?: number },
): void {
  const complaints: string[] = []
  for (const name of Object.keys(least) as (keyof Options & string)[]) {
    const value = given[name]
    if (value === undefined || Number(value) >= least[name]!) continue
    complaints.push(`${layer}: ${name} is ${String(value)}, at least ${least[name]}`)
  }
  if (complaints.length > 0) throw new ClusterError('CLUSTER_OPTIONS', complaints.join('; '), { complaints })
}
