/** Who may ask for what, as options: sections of httpd with Order, Allow, Deny, Require, Satisfy and Basic authentication. */

/** A condition of `Require` (mod_authz_core). What is negated can deny, but never lets anyone in by itself. */
export type Condition =
  | { readonly is: 'all'; readonly granted: boolean }
  /** Addresses and networks as in {@link AccessRule.allow}. */
  | { readonly is: 'ip'; readonly networks: readonly string[] }
  | { readonly is: 'user'; readonly names: readonly string[] }
  | { readonly is: 'valid-user' }
  | { readonly is: 'method'; readonly methods: readonly string[] }
  /** Environment variables, of which one must be set. */
  | { readonly is: 'env'; readonly names: readonly string[] }
  /** One yes is enough. */
  | { readonly is: 'any'; readonly of: readonly Condition[] }
  /** No no, and one yes. */
  | { readonly is: 'every'; readonly of: readonly Condition[] }
  | { readonly is: 'not'; readonly of: Condition }

/** HTTP Basic authentication. What a section leaves out it takes from those around it. */
export interface AuthOptions {
  /** What browsers show; default empty. */
  readonly realm?: string
  /** Name and htpasswd entry (bcrypt, apr1, SHA). */
  readonly users?: readonly (readonly [name: string, hash: string])[]
  /** `AuthType None`. */
  readonly none?: boolean
}

/** Methods as httpd counts them: GET and HEAD are one, and upper and lower case differ. */
export interface Methods {
  readonly methods: readonly string[]
  /** All but these. */
  readonly except?: boolean
}

/** Lists for some methods, beside those of their section (httpd `<Limit>` and `<LimitExcept>`). */
export interface MethodLimit extends Methods, Pick<AccessRule, 'allow' | 'deny' | 'order'> {}

/** One section. Paths are cleaned paths; of several that hold, each part is that of the last one that has it. */
export interface AccessRule {
  /** A path prefix that matches itself and everything below (httpd `<Location>`), or what `match` says. */
  readonly location: string
  /** `glob`: `*`, `?` and `[…]` that match no slash; `regexp`: JavaScript's, found anywhere in the path. Default `prefix`. */
  readonly match?: 'prefix' | 'glob' | 'regexp'
  /**
   * `folder` and `name`: `location` is the folder, or the last part of the name, of a file that the balancer serves itself.
   * Default `path`: it is about what is asked for.
   */
  readonly of?: 'path' | 'folder' | 'name'
  /** Addresses or networks (CIDR, partial address such as `10.1`, `local`, `all`) that may. */
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  /** httpd `Order`: what is decided last wins. */
  readonly order?: 'deny,allow' | 'allow,deny'
  /** Besides `allow` and `deny`, and in place of `order`, for some methods; of several that are about one, all count. */
  readonly limits?: readonly MethodLimit[]
  readonly require?: Condition
  /** Whether `order` and `require` must both let in, or one is enough; default `all`. */
  readonly satisfy?: 'all' | 'any'
  readonly auth?: AuthOptions
}
